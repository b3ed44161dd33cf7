import type { Etcd } from "../../v3/client.ts";
import { keyAfter } from "../../v3/keys.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeOptions } from "../../v3/kv/range.ts";
import { bytesOfId, type KeyId, keyId } from "../key-ids.ts";

/** Consecutive keys of a sorted list, from `start` on and before `end`, of which `missing` are gone. */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly missing: number;
}

/** A list of keys this short is asked for as it is: another round of counting would cost more. */
const shortList = 24;
/** A segment is cut into as many parts. */
const parts = 8;
/** Below etcd's limit for a transaction, 128 unless it is set. */
const stepsPerTxn = 100;

/**
 * Which of `ids`, the sorted keys of a range, are gone at a revision at which there is no other key and `missing` of
 * them are. Counts of parts tell where to look, so that the answer's size follows the deletions: only names next to a
 * deleted one travel.
 */
export async function findGone(
  etcd: Etcd,
  ids: readonly KeyId[],
  missing: number,
  revision: bigint,
  call: Pick<RangeOptions, "signal">,
): Promise<KeyId[]> {
  const gone: KeyId[] = [];
  let open: Segment[] = [{ start: 0, end: ids.length, missing }];
  while (open.length > 0) {
    const lists: Segment[] = [];
    const cuts: Segment[][] = [];
    for (const segment of open) {
      const length = segment.end - segment.start;
      if (segment.missing === length) gone.push(...ids.slice(segment.start, segment.end));
      else if (length <= shortList || length <= 4 * segment.missing) lists.push(segment);
      else cuts.push(cut(segment));
    }
    // The last part of each is what the others leave.
    const counted = cuts.flatMap((each) => each.slice(0, -1));
    const answers = await ask(etcd, ids, [...lists, ...counted], lists.length, revision, call);
    for (const [i, { start, end }] of lists.entries()) {
      const present = new Set(answers[i]?.entries.map((entry) => keyId(entry.keyBytes)));
      gone.push(...ids.slice(start, end).filter((id) => !present.has(id)));
    }
    let next = lists.length;
    open = cuts.flatMap((each) => {
      let left = each.reduce((sum, part) => sum + part.missing, 0);
      return each.flatMap((part, i) => {
        const length = part.end - part.start;
        const lost = i === each.length - 1 ? left : length - Number(answers[next++]?.count ?? 0n);
        left -= lost;
        return lost > 0 ? [{ ...part, missing: Math.min(lost, length) }] : [];
      });
    });
  }
  return gone;
}

/** The parts of a segment; what is missing is said of the first, and belongs to all. */
function cut({ start, end, missing }: Segment): Segment[] {
  const step = Math.ceil((end - start) / parts);
  const made: Segment[] = [];
  for (let at = start; at < end; at += step) {
    made.push({ start: at, end: Math.min(at + step, end), missing: at === start ? missing : 0 });
  }
  return made;
}

/** Reads of segments in few requests: the first `lists` with names, the others as counts alone. */
async function ask(
  etcd: Etcd,
  ids: readonly KeyId[],
  segments: readonly Segment[],
  lists: number,
  revision: bigint,
  call: Pick<RangeOptions, "signal">,
): Promise<readonly { readonly count: bigint; readonly entries: readonly { readonly keyBytes: Uint8Array }[] }[]> {
  const steps = segments.map(({ start, end }, i) => {
    const range = { from: bytesOfId(ids[start] ?? ""), to: keyAfter(bytesOfId(ids[end - 1] ?? "")) };
    // Nothing was written after the newest revision: all entries are left out, the count is not.
    return op.get(range, { revision, keysOnly: true, ...(i >= lists && { minModRevision: revision + 1n }) });
  });
  const answers = [];
  for (let at = 0; at < steps.length; at += stepsPerTxn) {
    const { results } = await etcd.txn({ then: steps.slice(at, at + stepsPerTxn) }, call);
    answers.push(...results);
  }
  return answers;
}
