import type { Cache } from "../recipes/cache/cache.ts";
import { isError } from "../transport/platform.ts";
import type { Entry } from "../v3/kv/entry.ts";
import type { CheckValue } from "./check-value.ts";
import type { Json } from "./flag-format.ts";
import { changedNames, createFlagSet, type FlagSet } from "./flag-set.ts";
import { type FlagSources, noSources, sourcesOfDocument, sourcesOfEntries } from "./flag-sources.ts";
import type { FlagsEvent, FlagsStatus } from "./flags.ts";
import type { FlagsSettings } from "./flags-options.ts";
import { type Freshness, type FreshnessLimits, isExpired } from "./freshness.ts";

// What is known of the flags, as a value, and what comes of it with each answer and failure of etcd.

export interface FlagsState {
  readonly set: FlagSet;
  readonly freshness: Freshness;
  /** Why the last contact with etcd failed; `undefined` if it did not. */
  readonly error: unknown;
  /** The content of the cache that `set` was made of. */
  readonly snapshot: ReadonlyMap<string, Entry> | undefined;
}

/** When something happened, and how the flags are kept up to date. */
export interface Contact {
  /** Milliseconds, by the clock of the flags. */
  readonly at: number;
  readonly mode: FlagsSettings["mode"];
}

/** Before the first answer. `set`: what the program starts from. */
export function emptyState(set: FlagSet): FlagsState {
  return { set, freshness: { checkedAt: undefined, failedAt: undefined }, error: undefined, snapshot: undefined };
}

/** After a look at the cache. `check` checks the value of a flag by the program's schema. */
export function afterLook(
  state: FlagsState,
  from: Cache<Entry>,
  { stored, check, ...contact }: Contact & Pick<FlagsSettings, "stored"> & { readonly check: CheckValue },
): FlagsState {
  const snapshot = from.getSnapshot();
  const set =
    snapshot === state.snapshot
      ? state.set
      : createFlagSet(sourcesOf(from, stored, state.set.sources), check, state.set);
  if (from.status !== "live") return afterFailure({ ...state, set, snapshot }, from.error, contact);
  return { set, snapshot, freshness: { checkedAt: contact.at, failedAt: undefined }, error: undefined };
}

/** After etcd could not be reached, or refused. */
export function afterFailure(state: FlagsState, error: unknown, { at, mode }: Contact): FlagsState {
  const { checkedAt, failedAt } = state.freshness;
  // A watch was in touch until this moment; a poll until its last answer.
  const lost = mode === "watch" && checkedAt !== undefined && failedAt === undefined;
  return { ...state, error, freshness: { checkedAt: lost ? at : checkedAt, failedAt: at } };
}

/** The status of flags that are not closed. */
export function flagsStatus({ freshness }: FlagsState, limits: FreshnessLimits, now: number): FlagsStatus {
  if (freshness.failedAt !== undefined) return isExpired(freshness, limits, now) ? "expired" : "stale";
  return freshness.checkedAt === undefined ? "empty" : "live";
}

/** What listeners are told of another set of flags. */
export function changesBetween(before: FlagSet, after: FlagSet): FlagsEvent[] {
  const changed = changedNames(before, after);
  return [
    ...(changed.length > 0 ? [{ type: "changed", flags: changed } as const] : []),
    ...(sameFaults(before.faults, after.faults) ? [] : [{ type: "invalid", flags: after.faults } as const]),
  ];
}

/** The flags in the cache, and what in it is not a flag. A document that is not valid keeps the flags of `last`. */
function sourcesOf(from: Cache<Entry>, stored: FlagsSettings["stored"], last: FlagSources): FlagSources {
  if ("key" in stored) {
    const entry = from.get(stored.key);
    try {
      return entry === null ? noSources : sourcesOfDocument(entry.json<Json>(), "definition");
    } catch (error) {
      const message = `"${stored.key}" is not a flagd document: ${isError(error) ? error.message : String(error)}`;
      return { ...last, faults: new Map([[stored.key, message]]) };
    }
  }
  const { prefix } = stored;
  const named = Array.from(from.getSnapshot(), ([key, entry]) => [key.slice(prefix.length), entry] as const);
  const strange = new Map<string, string>();
  for (const [key, { message }] of from.invalid) {
    strange.set(key.startsWith(prefix) ? key.slice(prefix.length) : key, message);
  }
  return sourcesOfEntries(named, strange);
}

function sameFaults(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && Array.from(a).every(([name, fault]) => b.get(name) === fault);
}
