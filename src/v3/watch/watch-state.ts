import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Event } from "../../gen/mvccpb/kv_pb.ts";
import { compareBytes, type KeyRange, noBytes } from "../keys.ts";

// What a watcher makes of the server's answers, as a pure step from state to state. What must always hold:
//
// W1  No event is delivered twice.
// W2  None is skipped: a stream that breaks is resumed right after the last revision that was delivered.
// W3  Revisions never fall.
// W4  A compacted start is reported, never passed over.
// W6  The events of one revision are delivered together, or not at all.
//
// The revision in an answer's header is the store's own, which in a catch-up is ahead of the events that come with it:
// it moves the resume point only where nothing can be on its way below it, in the `created` answer of a watcher from
// now on, and in a periodic progress answer. A progress answer to a request of ours may overtake events (etcd#15220).

export interface WatchState {
  /** Where the next stream starts: nothing before it is missing. `0n`: from now on, the server has not yet said when. */
  readonly next: bigint;
  /** Parts of an answer that the server split. */
  readonly fragments: readonly Event[];
}

/** All events of one revision. */
export interface RevisionEvents {
  readonly revision: bigint;
  readonly events: readonly Event[];
}

export interface Advance {
  readonly kind: "advance";
  readonly state: WatchState;
  readonly batches: readonly RevisionEvents[];
  /** The revision at which the server confirmed the watcher. */
  readonly created: bigint | undefined;
}

export type WatchStep =
  | Advance
  /** The server ended the watcher; it leaves the stream open. */
  | { readonly kind: "compacted"; readonly compactRevision: bigint }
  | { readonly kind: "refused"; readonly cancelReason: string }
  /** The server broke its own rules. Start again from the state before. */
  | { readonly kind: "violation"; readonly what: string };

export function startWatch(from: bigint): WatchState {
  return { next: from, fragments: [] };
}

/** The state to open a new stream with: parts of an answer that never became whole are read again. */
export function reopened(state: WatchState): WatchState {
  return { ...state, fragments: [] };
}

export function stepWatch(state: WatchState, response: WatchResponse, range: KeyRange): WatchStep {
  const { header, created, canceled, compactRevision, cancelReason, fragment, events } = response;
  const revision = header?.revision ?? 0n;
  if (canceled)
    return compactRevision > 0n ? { kind: "compacted", compactRevision } : { kind: "refused", cancelReason };
  if (created) {
    const next = state.next === 0n ? revision + 1n : state.next;
    return { kind: "advance", state: { ...state, next }, batches: [], created: revision };
  }
  if (fragment) return quiet({ ...state, fragments: [...state.fragments, ...events] });
  if (events.length === 0) {
    // A watch id of -1 marks the answer to a request of ours.
    const bookmark = response.watchId >= 0n && state.fragments.length === 0 && revision >= state.next;
    return quiet(bookmark ? { ...state, next: revision + 1n } : state);
  }
  return deliver(state, [...state.fragments, ...events], range);
}

function quiet(state: WatchState): Advance {
  return { kind: "advance", state, batches: [], created: undefined };
}

function deliver(state: WatchState, events: readonly Event[], range: KeyRange): WatchStep {
  const batches: { revision: bigint; events: Event[] }[] = [];
  let last = 0n;
  for (const event of events) {
    const revision = event.kv?.modRevision ?? 0n;
    if (revision < last) return { kind: "violation", what: `revision ${revision} after ${last}` };
    last = revision;
    // Seen before, or not asked for: servers with a permission bug send later keys too (GHSA-xg4h-6gfc-h4m8).
    if (revision < state.next || !holds(range, event.kv?.key ?? noBytes)) continue;
    const batch = batches.at(-1);
    if (batch?.revision !== revision) batches.push({ revision, events: [event] });
    else if (!batch.events.some(({ kv }) => sameKey(kv?.key, event.kv?.key))) batch.events.push(event);
  }
  const next = last >= state.next ? last + 1n : state.next;
  return { kind: "advance", state: { next, fragments: [] }, batches, created: undefined };
}

function sameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && compareBytes(a, b) === 0;
}

function holds({ key: first, rangeEnd }: KeyRange, key: Uint8Array): boolean {
  if (rangeEnd.length === 0) return compareBytes(key, first) === 0;
  if (compareBytes(key, first) < 0) return false;
  const open = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return open || compareBytes(key, rangeEnd) < 0;
}
