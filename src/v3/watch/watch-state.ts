import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Event } from "../../gen/mvccpb/kv_pb.ts";
import { toBinary } from "../../transport/bytes.ts";
import { type KeyRange, noBytes, rangesOverlap } from "../keys.ts";

// What a watch makes of the server's answers, as a pure step from state to state. While it moves from one stream to
// another it hears both, and each tells everything from where it was opened on. What must always hold:
//
// W1  No event is delivered twice.
// W2  None is skipped: a stream is opened right after the last revision that was delivered.
// W3  Revisions never fall.
// W4  A compacted start is reported, never passed over.
// W5  After the end of its last reader no stream is held for it (kept by the hub, not here).
// W6  The events of one revision are delivered together, or not at all.
// W7  A reader that joins a running watch gets all from its start on, and nothing from before.
//
// The revision in an answer's header is the store's own. While a watch catches up, the events that come with it are older.
// So two answers alone move the point to resume from to their revision: the `created` answer of a watch from now on, and a
// periodic progress answer. A progress answer that we asked for may overtake events (etcd#15220).

export interface WatchState {
  /** Where the next stream starts: nothing before it is missing. `0n`: from now on, the server has not yet said when. */
  readonly next: bigint;
  /** The store's revision when a server last confirmed the watch: up to it the past may still be on its way. */
  readonly head: bigint;
  readonly links: readonly StreamLink[];
}

/** The watch on one stream. */
interface StreamLink {
  readonly stream: number;
  readonly start: bigint;
  readonly confirmed: boolean;
  /** Events of a revision that may have more of them: the server splits long answers. */
  readonly parts: Parts | undefined;
}

/** What has come of a revision, newest part first. They are joined once: joining each time takes the square of the time. */
interface Parts {
  readonly revision: bigint;
  readonly events: readonly Event[];
  readonly bytes: number;
  readonly before: Parts | undefined;
}

/** All events of one revision. */
export interface RevisionEvents {
  readonly revision: bigint;
  readonly events: readonly Event[];
  /** They stand for a difference found by reading at that revision. */
  readonly synthetic?: boolean;
  /** Several readers get them. */
  readonly shared?: boolean;
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
  /** The parts of one revision outgrow the bound. */
  | { readonly kind: "too-large"; readonly revision: bigint }
  /** Nothing that follows on this stream can be used. Start again from the state before. */
  | { readonly kind: "violation"; readonly what: string };

export function startWatch(from: bigint): WatchState {
  return { next: from, head: 0n, links: [] };
}

/** The state with one more stream, which is to be asked for all from `state.next` on. */
export function openedOn(state: WatchState, stream: number): WatchState {
  return { ...state, links: [...state.links, { stream, start: state.next, confirmed: false, parts: undefined }] };
}

/** The state without a stream. Parts of a revision that never became whole are read again. */
export function closedOn(state: WatchState, stream: number): WatchState {
  return { ...state, links: state.links.filter((link) => link.stream !== stream) };
}

/** Whether a reader that wants all from `from` on can be served by this watch, and soon. `0n`: from now on. */
export function mayJoin({ next, head }: WatchState, from: bigint): boolean {
  return next === from || (0n < next && next < from && 0n < head && head < next);
}

/** The last revision that a store can have. A server that names it lies, and nothing could follow it. */
export const lastRevision: bigint = 2n ** 63n - 1n;

/** What a watch takes. */
export interface Bounds {
  readonly range: KeyRange;
  /** What the events of one revision may take in memory that come in parts. */
  readonly maxRevisionBytes: number;
}

export function stepWatch(state: WatchState, stream: number, response: WatchResponse, bounds: Bounds): WatchStep {
  const link = state.links.find((each) => each.stream === stream);
  if (link === undefined) return advance(state);
  const { header, created, canceled, compactRevision, cancelReason, fragment, events } = response;
  const revision = header?.revision ?? 0n;
  if (canceled) {
    if (compactRevision === 0n) return { kind: "refused", cancelReason };
    // Another stream may have told by now what this one could not.
    if (state.next < compactRevision) return { kind: "compacted", compactRevision };
    return { kind: "violation", what: "compacted behind the watch" };
  }
  if (revision >= lastRevision) return { kind: "violation", what: `revision ${revision}` };
  if (created) return confirmed(state, link, revision);
  if (events.length > 0) return deliver(state, link, { events, fragment, ...bounds });
  // A watch id of -1 marks the answer to a request of ours.
  const bookmark = response.watchId >= 0n && !fragment && link.parts === undefined && revision >= state.next;
  return advance(bookmark && link.confirmed ? { ...state, next: revision + 1n } : state);
}

function advance(state: WatchState, batches: readonly RevisionEvents[] = [], created?: bigint): Advance {
  return { kind: "advance", state, batches, created };
}

function confirmed(state: WatchState, link: StreamLink, revision: bigint): WatchStep {
  const next = state.next === 0n ? revision + 1n : state.next;
  // It begins later than another stream has said by now.
  if (link.start === 0n && revision >= next) return { kind: "violation", what: "a gap between two streams" };
  const head = revision > state.head ? revision : state.head;
  return advance(relinked({ ...state, next, head }, { ...link, confirmed: true }), [], revision);
}

function relinked(state: WatchState, link: StreamLink): WatchState {
  return { ...state, links: state.links.map((each) => (each.stream === link.stream ? link : each)) };
}

interface Delivery extends Bounds {
  readonly events: readonly Event[];
  readonly fragment: boolean;
}

function deliver(state: WatchState, link: StreamLink, delivery: Delivery): WatchStep {
  const { fragment, range, maxRevisionBytes } = delivery;
  // More events of the last revision may come in the next part.
  const open = fragment ? revisionOf(delivery.events[delivery.events.length - 1]) : undefined;
  const grown = open !== undefined && open === link.parts?.revision && revisionOf(delivery.events[0]) === open;
  const events = grown ? delivery.events : [...joined(link.parts), ...delivery.events];
  const batches: { revision: bigint; events: Event[] }[] = [];
  const parts: Event[] = [];
  let keys: Set<string> | undefined;
  let last = 0n;
  for (const event of events) {
    const revision = revisionOf(event);
    if (revision < last || revision >= lastRevision) {
      return { kind: "violation", what: `revision ${revision} after ${last}` };
    }
    last = revision;
    // Seen before, or not asked for: servers with a permission bug send later keys too (GHSA-xg4h-6gfc-h4m8).
    if (revision < state.next || !rangesOverlap(range, { key: event.kv?.key ?? noBytes, rangeEnd: noBytes })) continue;
    if (revision === open) {
      parts.push(event);
      continue;
    }
    const batch = batches[batches.length - 1];
    if (batch?.revision !== revision) {
      batches.push({ revision, events: [event] });
      keys = undefined;
      continue;
    }
    keys ??= new Set(batch.events.map(nameOf));
    const name = nameOf(event);
    if (keys.has(name)) continue;
    keys.add(name);
    batch.events.push(event);
  }
  const whole = open === undefined ? last : (batches[batches.length - 1]?.revision ?? 0n);
  const next = whole >= state.next ? whole + 1n : state.next;
  const before = grown ? link.parts : undefined;
  const held = parts.length === 0 ? before : partsOf(open ?? 0n, parts, before);
  if (held !== undefined && held.bytes > maxRevisionBytes) return { kind: "too-large", revision: held.revision };
  const links = held === link.parts ? state.links : relinked(state, { ...link, parts: held }).links;
  return advance({ next, head: state.head, links }, batches);
}

function partsOf(revision: bigint, events: readonly Event[], before: Parts | undefined): Parts {
  return { revision, events, bytes: (before?.bytes ?? 0) + sizeOfEvents(events), before };
}

function joined(parts: Parts | undefined): readonly Event[] {
  const pieces: (readonly Event[])[] = [];
  for (let part = parts; part !== undefined; part = part.before) pieces.push(part.events);
  return pieces.reverse().flat();
}

/** About what events hold in memory, in bytes. */
export function sizeOfEvents(events: readonly Event[]): number {
  let bytes = 0;
  for (const { kv, prevKv } of events) {
    bytes += 200 + (kv?.key.length ?? 0) + (kv?.value.length ?? 0) + (prevKv?.value.length ?? 0);
  }
  return bytes;
}

function revisionOf(event: Event | undefined): bigint {
  return event?.kv?.modRevision ?? 0n;
}

function nameOf({ kv }: Event): string {
  return toBinary(kv?.key ?? noBytes);
}
