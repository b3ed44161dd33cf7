import type { WatchBatch } from "fetcd";
import { type RecordedAnswer, headerOf, type Recorder } from "./recorder.ts";

/**
 * Joins the batches of a watch into whole answers of etcd again. etcdctl prints whole answers, while this client yields a
 * batch for each revision.
 */
export interface WholeResponses {
  /** The answers that this batch completes. */
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
      // The answer is not complete yet. Batches that a resync made from reads have no answer.
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
