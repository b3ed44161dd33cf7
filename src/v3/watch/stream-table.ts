import { type SharedWatch, isAttached } from "./shared-watch.ts";
import { type Load, planConsolidation, planNewStream } from "./stream-plan.ts";
import { closedOn, openedOn } from "./watch-state.ts";

// Which stream carries which shared watch, and which watches wait for one, as steps that open and close nothing: they
// say what is to be opened or closed, and are told when that has been done. What must always hold:
//
// T1  A shared watch with readers waits, or is attached to an open stream; never both.
// T2  While one stream is opening no other is planned: watches that come meanwhile share the next one.
// T3  Once a stream has taken over, no other carries what it carries.
// T4  A stream that carries nothing for a reader is said to be unused.

/** A stream, as far as what it carries goes. */
export interface Carrier {
  readonly id: number;
  /** What it was opened for. Some may have left since, or lost their readers. */
  readonly watches: readonly SharedWatch[];
}

export interface StreamTable<S extends Carrier> {
  /** The most watches that one stream may carry. Where it is one, each has its own, and nothing takes over. */
  readonly most: number;
  /** Open streams by their ids. */
  readonly streams: Map<number, S>;
  readonly waiting: Set<SharedWatch>;
  /** The stream that is not yet confirmed, or that replaces others which are still open. */
  opening: S | undefined;
}

export function createStreamTable<S extends Carrier>(most: number): StreamTable<S> {
  return { most, streams: new Map(), waiting: new Set(), opening: undefined };
}

/** What the next stream is to carry; nothing while there is no need for one, or another is opening. */
export function watchesToOpen(table: StreamTable<Carrier>): readonly SharedWatch[] {
  const { most, waiting, opening } = table;
  return waiting.size === 0 || opening !== undefined ? [] : planNewStream([...waiting], loads(table), most);
}

/** Whether nothing is under way, so that streams may be consolidated. */
export function isSettled({ waiting, opening }: StreamTable<Carrier>): boolean {
  return waiting.size === 0 && opening === undefined;
}

/** What a stream is to carry that replaces others; `undefined` where it would gain nothing. */
export function watchesToMove(table: StreamTable<Carrier>): readonly SharedWatch[] | undefined {
  return planConsolidation(loads(table), table.most);
}

/** A stream has been opened for its watches. They stay on those that they were on, until it takes over. */
export function addStream<S extends Carrier>(table: StreamTable<S>, stream: S): void {
  for (const shared of stream.watches) {
    table.waiting.delete(shared);
    shared.state = openedOn(shared.state, stream.id);
  }
  table.streams.set(stream.id, stream);
  if (table.most > 1) table.opening = stream;
}

/** A stream has ended. Returns what it still carried, to be detached from it. */
export function removeStream<S extends Carrier>(table: StreamTable<S>, stream: S): readonly SharedWatch[] {
  table.streams.delete(stream.id);
  if (table.opening === stream) table.opening = undefined;
  return carriedBy(stream);
}

/** A stream no longer carries the shared watch. Returns whether that waits for another one now. */
export function detach({ waiting }: StreamTable<Carrier>, { id }: Carrier, shared: SharedWatch): boolean {
  shared.state = closedOn(shared.state, id);
  const waits = shared.readers.size > 0 && shared.state.links.length === 0;
  if (waits) waiting.add(shared);
  return waits;
}

/** Whether a stream carries something that another one carries too. */
export function hasMoved(stream: Carrier): boolean {
  return stream.watches.some((shared) => isAttached(shared, stream) && shared.state.links.length > 1);
}

/** Takes what a confirmed stream carries off all others. Returns the streams that are unused then. */
export function takeOver<S extends Carrier>(table: StreamTable<S>, stream: S): readonly S[] {
  table.opening = undefined;
  for (const shared of stream.watches) {
    if (isAttached(shared, stream))
      shared.state = { ...shared.state, links: shared.state.links.filter((link) => link.stream === stream.id) };
  }
  return [...table.streams.values()].filter(isUnused);
}

/** The streams that carry a shared watch. */
export function carriersOf<S extends Carrier>({ streams }: StreamTable<S>, { state }: SharedWatch): readonly S[] {
  return state.links.flatMap((link) => streams.get(link.stream) ?? []);
}

/** Whether nobody reads what the stream carries. Only its end stops the server. */
export function isUnused(stream: Carrier): boolean {
  return carriedBy(stream).length === 0;
}

/** What a stream alone carries, and another one may take over: it was not refused where it is now. */
export function movableFrom(stream: Carrier): readonly SharedWatch[] {
  return carriedBy(stream).filter((shared) => shared.state.links.length === 1 && !isPinned(shared));
}

/** Another stream has refused it where it is now. */
function isPinned({ pinnedAt, state }: SharedWatch): boolean {
  return pinnedAt === state.next;
}

function carriedBy(stream: Carrier): readonly SharedWatch[] {
  return stream.watches.filter((shared) => shared.readers.size > 0 && isAttached(shared, stream));
}

/** What may be moved: all but the streams with a watch that could not be opened elsewhere where it is now. */
function loads({ streams }: StreamTable<Carrier>): Load<SharedWatch>[] {
  return [...streams.values()].flatMap((stream) => {
    const watches = carriedBy(stream);
    return watches.some(isPinned) ? [] : { watches, stale: watches.length < stream.watches.length };
  });
}
