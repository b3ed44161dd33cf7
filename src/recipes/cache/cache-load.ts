import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Selector } from "../../v3/keys.ts";
import type { RangeOptions } from "../../v3/kv/range.ts";
import { findGone } from "./cache-deletions.ts";
import { idsOf, type KeyId, without } from "../key-ids.ts";
import { isReason } from "../wait.ts";

/** What a range became: of `whole`, all its entries, otherwise those that were written since, and the keys that are gone. */
export interface Loaded {
  readonly revision: bigint;
  readonly whole: boolean;
  readonly entries: readonly Entry[];
  readonly gone: readonly KeyId[];
}

/** What a cache knows of the server. */
export interface Known {
  readonly revision: bigint;
  readonly ids: { readonly size: number; has(id: KeyId): boolean; keys(): IterableIterator<KeyId> };
}

type CallOptions = Pick<RangeOptions, "signal">;

/** What may keep changes from being told apart, but not the whole from being read. */
const indirect = ["Compacted", "ResponseTooLarge", "TooManyOps"] as const;
/** So many names are asked for at once; among more, those that are gone are looked for. */
const smallSize = 128;
/** Another client may compact between two pages, but hardly between those of each try. */
const tries = 5;

/**
 * The most entries of a page. A cache holds them all, so what bounds a page is its bytes, as `maxResponseBytes` has it:
 * a page that is too large is halved. More entries than this would take that many bytes even where they are short.
 */
const pageSize = 20_000;

/** All entries of a range at one revision, page by page. */
export async function loadAll(etcd: Etcd, selector: Selector, known: Known, call: CallOptions): Promise<Loaded> {
  for (let left = tries; ; left--) {
    try {
      return await loadPages(etcd, selector, known, call);
    } catch (error) {
      if (left === 1 || !isReason(error, "Compacted")) throw error;
    }
  }
}

async function loadPages(etcd: Etcd, selector: Selector, known: Known, call: CallOptions): Promise<Loaded> {
  const entries: Entry[] = [];
  let revision = 0n;
  for await (const page of etcd.pages(selector, { ...call, pageSize })) {
    for (const entry of page.entries) entries.push(entry);
    ({ revision } = page);
  }
  return { revision, whole: true, entries, gone: without(known.ids.keys(), idsOf(entries)) };
}

/**
 * What has changed since `known`, for bytes that follow the changes: the entries that were written since, and a count of
 * all. Fewer than there should be: some were deleted, and only then it is asked which. Where the difference
 * cannot be told, all of the range.
 */
export async function loadChanges(etcd: Etcd, selector: Selector, known: Known, call: CallOptions): Promise<Loaded> {
  try {
    const changes = await changesSince(etcd, selector, known, call);
    if (changes !== undefined) return changes;
  } catch (error) {
    if (!indirect.some((reason) => isReason(error, reason))) throw error;
  }
  return loadAll(etcd, selector, known, call);
}

async function changesSince(
  etcd: Etcd,
  selector: Selector,
  known: Known,
  call: CallOptions,
): Promise<Loaded | undefined> {
  const since = known.revision;
  const answer = await etcd.range(selector, { ...call, minModRevision: since + 1n });
  const { revision, entries, count } = answer;
  if (revision < since) return undefined;
  // Another load, or the watch, has been ahead: there is nothing to add.
  if (revision < known.revision) return { revision, whole: false, entries: [], gone: [] };
  const changed = idsOf(entries);
  let expected = known.ids.size;
  for (const id of changed) if (!known.ids.has(id)) expected++;
  const deleted = BigInt(expected) - count;
  if (deleted < 0n) return undefined;
  if (deleted === 0n) return { revision, whole: false, entries, gone: [] };
  const gone = await findDeleted();
  return BigInt(gone.length) === deleted ? { revision, whole: false, entries, gone } : undefined;

  /** Which keys are gone, of those that were there and those that have come since. */
  async function findDeleted(): Promise<KeyId[]> {
    if (count === BigInt(changed.size)) return without(known.ids.keys(), changed);
    const ids = [...new Set([...known.ids.keys(), ...changed])];
    const at = { revision, signal: call.signal };
    if (ids.length > smallSize) return findGone(etcd, ids.sort(), Number(deleted), at);
    return without(ids, idsOf((await etcd.range(selector, { ...at, keysOnly: true })).entries));
  }
}
