import { compare, type Compare, type Entry, type Etcd, op, type Op } from "fetcd";
import { bytesOf, idOf, isFolder } from "./key-id.ts";
import { delimiter } from "./tree-state.ts";

/** Keys per transaction: each needs up to two of the 128 operations that etcd allows by default. */
const batchSize = 50;
/** The most keys that a page holds in memory. */
export const mostKeys = 100_000;

export interface Planned {
  readonly id: string;
  /** The key is changed only if this is still its revision. */
  readonly modRevision: bigint;
  readonly bytes: number;
}

export interface Plan {
  readonly keys: readonly Planned[];
  readonly bytes: number;
  /** All keys were read at this revision. */
  readonly revision: bigint;
}

export interface BatchProgress {
  readonly done: number;
  readonly total: number;
  /** Keys that were skipped because somebody else had changed them since the plan. */
  readonly skipped: readonly string[];
}

/** Reads the keys that the picked keys and folders stand for, at one revision. Rejects for more than 100,000 keys. */
export async function planFor(etcd: Etcd, picked: Iterable<string>, signal: AbortSignal): Promise<Plan> {
  const { revision } = await etcd.range("\0", { limit: 1, keysOnly: true, signal });
  const keys = new Map<string, Planned>();
  for (const id of picked) {
    const selector = isFolder(id) ? { prefix: bytesOf(id) } : bytesOf(id);
    for await (const { entries } of etcd.pages(selector, { revision, keysOnly: true, signal })) {
      for (const { keyBytes, modRevision } of entries) {
        const key = idOf(keyBytes);
        keys.set(key, { id: key, modRevision, bytes: keyBytes.length });
      }
      if (keys.size > mostKeys) throw new Error("More than 100,000 keys: do it folder by folder, or with fetcd del.");
    }
  }
  const list = [...keys.values()];
  return { keys: list, revision, bytes: list.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** The id that a key has below another prefix. */
export function movedId(id: string, from: string, to: string): string {
  return to + id.slice(from.length);
}

/** The longest folder that holds all of the ids. */
export function commonFolder(ids: readonly string[]): string {
  let [common = ""] = ids;
  for (const id of ids) while (!id.startsWith(common)) common = common.slice(0, -1);
  const inside = common.endsWith(delimiter) && ids.includes(common) ? common.slice(0, -1) : common;
  return inside.slice(0, inside.lastIndexOf(delimiter) + 1);
}

export type Action =
  | { readonly kind: "delete" }
  | { readonly kind: "copy" | "move"; readonly from: string; readonly to: string };

/**
 * Carries out a plan in batches. It skips a key that was changed since the plan, or whose new name is taken; the other keys
 * of that batch are then processed one by one. Copies keep the value and the lease.
 */
export async function* carryOut(
  etcd: Etcd,
  plan: Plan,
  action: Action,
  signal: AbortSignal,
): AsyncGenerator<BatchProgress> {
  const total = plan.keys.length;
  const skipped: string[] = [];
  let done = 0;
  for (let at = 0; at < total; at += batchSize) {
    signal.throwIfAborted();
    const batch = plan.keys.slice(at, at + batchSize);
    if (await commit(etcd, batch, action, signal)) done += batch.length;
    else {
      for (const key of batch) {
        if (await commit(etcd, [key], action, signal)) done++;
        else skipped.push(key.id);
      }
    }
    yield { done, total, skipped: [...skipped] };
  }
}

async function commit(etcd: Etcd, keys: readonly Planned[], action: Action, signal: AbortSignal): Promise<boolean> {
  const guards: Compare[] = keys.map(({ id, modRevision }) => compare.modRevision(bytesOf(id), "=", modRevision));
  if (action.kind === "delete") {
    return (await etcd.txn({ if: guards, then: keys.map(({ id }) => op.delete(bytesOf(id))) }, { signal })).succeeded;
  }
  const reads = await Promise.all(keys.map(({ id }) => etcd.get(bytesOf(id), { signal })));
  const entries = reads.filter((entry): entry is Entry => entry !== null);
  if (entries.length < keys.length) return false;
  const names = keys.map(({ id }) => bytesOf(movedId(id, action.from, action.to)));
  const puts = entries.map(({ value, lease }, i): Op => op.put(names[i] ?? "", value, lease === 0n ? {} : { lease }));
  const deletes = action.kind === "move" ? keys.map(({ id }): Op => op.delete(bytesOf(id))) : [];
  const free = names.map((name) => compare.missing(name));
  return (await etcd.txn({ if: [...guards, ...free], then: [...puts, ...deletes] }, { signal })).succeeded;
}
