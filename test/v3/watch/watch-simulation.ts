import { create } from "@bufbuild/protobuf";
import { type WatchResponse, WatchResponseSchema } from "../../../src/gen/etcdserverpb/watch_pb.ts";
import { EventSchema } from "../../../src/gen/mvccpb/kv_pb.ts";
import {
  closedOn,
  mayJoin,
  openedOn,
  type RevisionEvents,
  startWatch,
  stepWatch,
  type WatchState,
} from "../../../src/v3/watch/watch-state.ts";

/** The functions under test; a bug is put in by replacing one of them. */
export const machine = { openedOn, closedOn, mayJoin, stepWatch };
export type Machine = typeof machine;

const range = { key: new TextEncoder().encode("a"), rangeEnd: new TextEncoder().encode("z") };
const bounds = { range, maxRevisionBytes: Infinity };

/** A watcher as a server has it: its answers are in order, on the way, and may be lost with the stream. */
interface ServerWatcher {
  readonly start: bigint;
  readonly answers: WatchResponse[];
  cursor: bigint;
  created: boolean;
  /** Events of the revision at `cursor` that a part has taken along. */
  sent: number;
  over: boolean;
}

interface Reader {
  next: bigint;
  readonly floor: bigint;
  readonly got: string[];
  start: bigint | undefined;
}

/**
 * One store, its watchers, one watch of ours and its readers, driven by numbers: what a network and a server may do, in
 * any order. Throws, with the number of the invariant, when what the readers got is not what the store wrote.
 */
export function createSimulation(under: Machine, from: bigint) {
  const log: string[][] = [[], []];
  const servers = new Map<number, ServerWatcher>();
  const readers: Reader[] = [];
  let state: WatchState = startWatch(from);
  let compacted = 0n;
  let streams = 0;
  let newest = 0n;
  let told = 0n;
  let over = false;
  join(from);

  function head(): bigint {
    return BigInt(log.length - 1);
  }

  function write(choice: number): void {
    const keys = ["b", "c", "d"].slice(0, 1 + (choice % 3));
    log.push(keys.map((key) => `${log.length} ${key}`));
  }

  function compact(choice: number): void {
    const to = head() - BigInt(choice % 4);
    if (to > compacted) compacted = to;
  }

  function join(at: bigint): void {
    if (over || !(under.mayJoin(state, at) || (at === 0n && under.mayJoin(state, newest + 1n)))) return;
    const reader: Reader = { next: at, floor: newest, got: [], start: at === 0n ? undefined : at };
    readers.push(reader);
    if (state.links.some((link) => link.confirmed)) confirm(reader, state.head);
  }

  function confirm(reader: Reader, revision: bigint): void {
    if (reader.next === 0n) reader.next = (reader.floor > revision ? reader.floor : revision) + 1n;
    reader.start ??= reader.next;
  }

  function open(): void {
    if (over || servers.size >= 3) return;
    const stream = ++streams;
    state = under.openedOn(state, stream);
    const start = state.links.at(-1)?.start ?? 0n;
    servers.set(stream, { start, answers: [], cursor: start, created: false, sent: 0, over: false });
  }

  function close(stream: number): void {
    servers.delete(stream);
    state = under.closedOn(state, stream);
  }

  /** The server does one thing for one of its watchers. */
  function serve(stream: number, choice: number): void {
    const watcher = servers.get(stream);
    if (watcher === undefined || watcher.over) return;
    const say = (
      answer: Partial<Omit<WatchResponse, "$typeName" | "header" | "events">>,
      events: string[] = [],
    ): void => {
      const header = { revision: head(), clusterId: 1n };
      watcher.answers.push(
        create(WatchResponseSchema, { watchId: 1n, header, events: events.map(eventOf), ...answer }),
      );
    };
    if (!watcher.created) {
      watcher.created = true;
      if (watcher.start === 0n) watcher.cursor = head() + 1n;
      return say({ created: true });
    }
    if (watcher.cursor < compacted && watcher.sent === 0) {
      watcher.over = true;
      return say({ canceled: true, compactRevision: compacted });
    }
    // The answer to a request of ours tells the store's revision, whatever is still on its way.
    if (choice % 11 === 0) return say({ watchId: -1n });
    if (watcher.cursor > head()) return choice % 2 === 0 ? say({}) : undefined;
    const events: string[] = [];
    const revisions = 1 + (choice % 4);
    for (let i = 0; i < revisions && watcher.cursor <= head(); i++) {
      events.push(...(log[Number(watcher.cursor)] ?? []).slice(watcher.sent));
      watcher.cursor++;
      watcher.sent = 0;
    }
    if (events.length === 0) return undefined;
    if (choice % 13 === 0 && events.length > 1 && events[0]?.split(" ")[0] !== events.at(-1)?.split(" ")[0])
      return say({}, events.toReversed());
    if (choice % 3 !== 0) {
      say({}, events);
      // A server with a bug says it twice.
      return choice % 7 === 0 ? say({}, events) : undefined;
    }
    // In two parts, cut anywhere; what is lost with the second is asked for again.
    const cut = Math.floor(choice / 3) % (events.length + 1);
    if (cut > 0 && cut < events.length) {
      say({ fragment: true }, events.slice(0, cut));
      return say({}, events.slice(cut));
    }
    return say({}, events);
  }

  function receive(stream: number): void {
    const watcher = servers.get(stream);
    const response = watcher?.answers.shift();
    if (over || watcher === undefined || response === undefined) return;
    newest = (response.header?.revision ?? 0n) > newest ? (response.header?.revision ?? 0n) : newest;
    const { next } = state;
    const step = under.stepWatch(state, stream, response, bounds);
    if (step.kind === "violation" || step.kind === "refused" || step.kind === "too-large") return close(stream);
    if (step.kind === "compacted") {
      if (next >= step.compactRevision) throw new Error("W4: a start that is not compacted is reported as such");
      over = state.links.length < 2;
      return close(stream);
    }
    if (response.canceled) throw new Error("W4: compaction is passed over");
    state = step.state;
    if (step.state.next < next) throw new Error("W3: the resume point falls");
    if (step.created !== undefined) for (const reader of readers) confirm(reader, step.created);
    for (const batch of step.batches) {
      if (batch.revision <= told) throw new Error(`W1: ${batch.revision} after ${told}`);
      told = batch.revision;
      for (const reader of readers) take(reader, batch);
    }
  }

  function take(reader: Reader, { revision, events }: RevisionEvents): void {
    // Other readers of the watch may have begun before this one.
    if (revision < reader.next) return;
    reader.next = revision + 1n;
    const texts = events.map(({ kv }) => `${kv?.modRevision} ${new TextDecoder().decode(kv?.key)}`);
    const before = BigInt(reader.got.at(-1)?.split(" ")[0] ?? 0);
    if (before >= revision) throw new Error(`W3: ${revision} after ${before}`);
    if (texts.join() !== (log[Number(revision)] ?? []).join())
      throw new Error(`W6: of ${revision} came ${texts.join()}`);
    const expected = before === 0n ? (reader.start ?? 0n) : before + 1n;
    // Each revision of this store has events in the range.
    if (revision !== (expected < 2n ? 2n : expected)) {
      throw new Error(`${before === 0n ? "W7" : "W2"}: ${revision} where ${expected} was due`);
    }
    reader.got.push(...texts);
  }

  /** Everything arrives at last. */
  function settle(): void {
    for (const stream of servers.keys()) close(stream);
    if (over) return;
    open();
    const [stream = 0] = servers.keys();
    for (let i = 0; i < 1000 && !over; i++) {
      const watcher = servers.get(stream);
      if (watcher === undefined || (watcher.created && watcher.cursor > head() && watcher.answers.length === 0)) break;
      serve(stream, 1);
      receive(stream);
    }
    if (over) return;
    for (const reader of readers) {
      const last = reader.got.at(-1)?.split(" ")[0];
      const due = reader.start !== undefined && reader.start <= head();
      if (due && BigInt(last ?? 0) !== head()) throw new Error(`W2: ${last} is the last, of ${head()}`);
    }
  }

  return {
    act(choice: number): void {
      const ids = [...servers.keys()];
      const rest = Math.floor(choice / 64);
      const stream = ids[rest % Math.max(1, ids.length)] ?? 0;
      const act = choice % 64;
      if (act < 12) write(rest);
      else if (act === 12) compact(rest);
      else if (act < 17) open();
      else if (act === 17) close(stream);
      else if (act < 21) join(rest % 3 === 0 ? 0n : head() - 3n + BigInt(rest % 6));
      else if (act < 42) serve(stream, Math.floor(rest / 4));
      else receive(stream);
    },
    settle,
    get delivered() {
      return readers.reduce((sum, { got }) => sum + got.length, 0);
    },
  };
}

function eventOf(text: string): ReturnType<typeof create<typeof EventSchema>> {
  const [revision = "0", key = ""] = text.split(" ");
  return create(EventSchema, { kv: { key: new TextEncoder().encode(key), modRevision: BigInt(revision) } });
}
