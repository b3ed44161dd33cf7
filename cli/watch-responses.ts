import type { WatchBatch } from "fetcd";
import { type RecordedAnswer, headerOf, type Recorder } from "./recorder.ts";

/**
 * Puts the batches of a watch together again as the answers they came in, which is what etcdctl prints: its client gets
 * whole answers, ours one revision at a time.
 */
export interface WholeResponses {
  /** The answers that are whole with this batch. */
  next(batch: WatchBatch): RecordedAnswer[];
}

export function wholeResponses(recorder: Recorder): WholeResponses {
  const expected: { readonly header: unknown; readonly newest: bigint }[] = [];
  const gathered: unknown[] = [];
  recorder.onStreamed((answer) => {
    const events = answer["events"];
    if (!Array.isArray(events) || events.length === 0) return;
    const last = events.at(-1) as { kv?: { modRevision: bigint } };
    expected.push({ header: answer["header"], newest: last.kv?.modRevision ?? 0n });
  });
  return {
    next({ revision, events }) {
      for (const { type, entry, prev } of events) {
        gathered.push({
          $typeName: "mvccpb.Event",
          type: type === "delete" ? 1 : 0,
          kv: keyValue(entry),
          ...(prev && { prevKv: keyValue(prev) }),
        });
      }
      let header: unknown;
      while (expected[0] !== undefined && expected[0].newest <= revision) header = expected.shift()?.header;
      // Part of an answer that goes on. Differences that were read come in none.
      if (header === undefined && expected.length > 0) return [];
      const all = gathered.splice(0);
      return [{ $typeName: "etcdserverpb.WatchResponse", header: header ?? headerOf(undefined), events: all }];
    },
  };
}

function keyValue({
  keyBytes,
  value,
  createRevision,
  modRevision,
  version,
  lease,
}: WatchBatch["events"][number]["entry"]) {
  return { $typeName: "mvccpb.KeyValue", key: keyBytes, value, createRevision, modRevision, version, lease };
}
