import { fromBinary } from "../../transport/bytes.ts";
import type { Etcd } from "../../v3/client.ts";
import { keyAfter } from "../../v3/keys.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeOptions } from "../../v3/kv/range.ts";
import { idsOf, type KeyId, without } from "../key-ids.ts";

/** How a range is read: all of it at one revision. */
export interface AtRevision extends Pick<RangeOptions, "signal"> {
  readonly revision: bigint;
}

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
export async function findGone(etcd: Etcd, ids: readonly KeyId[], missing: number, at: AtRevision): Promise<KeyId[]> {
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
    const answers = await ask(etcd, ids, { lists, counted }, at);
    for (const [i, { start, end }] of lists.entries()) {
      gone.push(...without(ids.slice(start, end), idsOf(answers[i]?.entries)));
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

/** Reads of segments in few requests: `lists` with their names, `counted` as counts alone. The answers come in this order. */
async function ask(
  etcd: Etcd,
  ids: readonly KeyId[],
  { lists, counted }: { readonly lists: readonly Segment[]; readonly counted: readonly Segment[] },
  { revision, signal }: AtRevision,
): Promise<readonly { readonly count: bigint; readonly entries: readonly { readonly keyBytes: Uint8Array }[] }[]> {
  const steps = [...lists, ...counted].map(({ start, end }, i) => {
    const range = { from: fromBinary(ids[start] ?? ""), to: keyAfter(fromBinary(ids[end - 1] ?? "")) };
    // Nothing was written after the newest revision: all entries are left out, the count is not.
    return op.get(range, { revision, keysOnly: true, ...(i >= lists.length && { minModRevision: revision + 1n }) });
  });
  const answers = [];
  for (let at = 0; at < steps.length; at += stepsPerTxn) {
    const { results } = await etcd.txn({ then: steps.slice(at, at + stepsPerTxn) }, { signal });
    answers.push(...results);
  }
  return answers;
}
