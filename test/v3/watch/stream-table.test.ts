import { describe, expect, it } from "vitest";
import {
  createSharedWatch,
  isAttached,
  type SharedWatch,
  type WatchReader,
} from "../../../src/v3/watch/shared-watch.ts";
import {
  addStream,
  carriersOf,
  createStreamTable,
  detach,
  hasMoved,
  isSettled,
  isUnused,
  removeStream,
  takeOver,
  watchesToMove,
  watchesToOpen,
} from "../../../src/v3/watch/stream-table.ts";

interface Stream {
  readonly id: number;
  readonly watches: readonly SharedWatch[];
}

const reader: WatchReader = {
  confirmed: () => undefined,
  take: () => undefined,
  reached: () => undefined,
  interrupted: () => undefined,
  met: () => undefined,
  failed: () => undefined,
};

function sharedWatch(name = "a"): SharedWatch {
  const shared = createSharedWatch(name, { key: new Uint8Array([1]), rangeEnd: new Uint8Array() }, {} as never, 1n);
  shared.readers.set({ ...reader }, { next: 1n, floor: 0n });
  return shared;
}

/** A table with watches that wait, and what opens the stream that it asks for. */
function tableOf({ waiting, most = 256 }: { waiting: readonly SharedWatch[]; most?: number }) {
  const table = createStreamTable<Stream>(most);
  for (const shared of waiting) table.waiting.add(shared);
  let ids = 0;
  const open = (watches: readonly SharedWatch[] = watchesToOpen(table)): Stream => {
    const stream = { id: ++ids, watches };
    addStream(table, stream);
    return stream;
  };
  return { table, open };
}

describe("a stream table", () => {
  it("has the watches that wait share one stream, and those that come meanwhile the next one", () => {
    const [a, b, late] = [sharedWatch(), sharedWatch(), sharedWatch()];
    const { table, open } = tableOf({ waiting: [a, b] });
    const first = open();
    expect(first.watches).toEqual([a, b]);
    table.waiting.add(late);
    expect(watchesToOpen(table)).toEqual([]);
    expect(isSettled(table)).toBe(false);
    expect(takeOver(table, first)).toEqual([]);
    expect(watchesToOpen(table)).toEqual([late]);
  });

  it("opens a stream for each watch at once if a stream can carry only one", () => {
    const [a, b] = [sharedWatch(), sharedWatch()];
    const { table, open } = tableOf({ waiting: [a, b], most: 1 });
    expect([open(), open()].map(({ watches }) => watches)).toEqual([[a], [b]]);
    expect(isSettled(table)).toBe(true);
  });

  it("keeps a watch on both streams until the new one takes over, and then says that the old one is unused", () => {
    const a = sharedWatch();
    const { table, open } = tableOf({ waiting: [a] });
    const old = open();
    takeOver(table, old);
    const fresh = open([a]);
    expect([hasMoved(fresh), isUnused(old), carriersOf(table, a)]).toEqual([true, false, [old, fresh]]);
    expect(takeOver(table, fresh)).toEqual([old]);
    expect([hasMoved(fresh), isAttached(a, old), isAttached(a, fresh)]).toEqual([false, false, true]);
  });

  it("has a watch wait again when its last stream has left it, and only if somebody reads it", () => {
    const [a, b] = [sharedWatch(), sharedWatch()];
    const { table, open } = tableOf({ waiting: [a, b] });
    const [one, other] = [open(), open([a, b])];
    expect([detach(table, one, a), table.waiting.has(a)]).toEqual([false, false]);
    expect([detach(table, other, a), table.waiting.has(a)]).toEqual([true, true]);
    b.readers.clear();
    expect([detach(table, one, b), detach(table, other, b), table.waiting.has(b)]).toEqual([false, false, false]);
  });

  it("hands back what a stream still carried when it ends, and lets the next one be opened", () => {
    const [a, left, unread] = [sharedWatch(), sharedWatch(), sharedWatch()];
    const { table, open } = tableOf({ waiting: [a, left, unread] });
    const stream = open();
    detach(table, stream, left);
    unread.readers.clear();
    expect(removeStream(table, stream)).toEqual([a]);
    expect([table.streams.size, watchesToOpen(table)]).toEqual([0, [left]]);
  });

  it("moves what is on streams that carry too little, but no watch that could not be opened elsewhere", () => {
    const [a, b, c] = [sharedWatch(), sharedWatch(), sharedWatch()];
    const { table, open } = tableOf({ waiting: [] });
    for (const shared of [a, b, c]) takeOver(table, open([shared]));
    expect(watchesToMove(table)).toEqual([a, b, c]);
    b.pinnedAt = b.state.next;
    expect(watchesToMove(table)).toEqual([a, c]);
    for (const unused of takeOver(table, open([a, c]))) removeStream(table, unused);
    expect(watchesToMove(table)).toBeUndefined();
  });

  it.each([1, 2, 3, 256])("keeps its promises whatever happens in whatever order, with %i a stream", (most) => {
    for (let seed = 1; seed <= 20; seed++) {
      let state = seed;
      const random = (below: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % below;
      };
      const all: SharedWatch[] = [];
      const { table, open } = tableOf({ waiting: [], most });
      const close = (stream: Stream): void => {
        for (const shared of removeStream(table, stream)) detach(table, stream, shared);
      };
      const some = (): Stream | undefined => [...table.streams.values()][random(table.streams.size || 1)];
      for (let i = 0; i < 60; i++) {
        const step = random(6);
        const stream = some();
        const shared = all[random(all.length || 1)];
        if (step === 0) {
          const fresh = sharedWatch();
          all.push(fresh);
          table.waiting.add(fresh);
        } else if (step === 1) {
          const watches = watchesToOpen(table);
          if (watches.length > 0) open(watches);
        } else if (step === 2 && table.opening !== undefined) takeOver(table, table.opening).forEach(close);
        else if (step === 3 && stream !== undefined) close(stream);
        else if (step === 4 && isSettled(table)) {
          const watches = watchesToMove(table);
          if (watches !== undefined) open(watches);
        } else if (step === 5 && shared !== undefined) {
          shared.readers.clear();
          table.waiting.delete(shared);
          carriersOf(table, shared).filter(isUnused).forEach(close);
        }
        for (const each of all.filter(({ readers }) => readers.size > 0)) {
          const carriers = carriersOf(table, each).length;
          const settled = table.opening !== undefined || carriers <= 1;
          const whole = carriers === each.state.links.length && table.waiting.has(each) === (carriers === 0);
          if (!settled || !whole) expect.fail(`seed ${seed}, step ${i}: a watch on ${carriers} streams`);
        }
        const fullest = Math.max(0, ...[...table.streams.values()].map(({ watches }) => watches.length));
        if (fullest > most) expect.fail(`seed ${seed}, step ${i}: ${fullest} watches on one stream`);
      }
    }
  });
});
