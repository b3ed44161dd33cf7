import { expect, it } from "vitest";
import { op, type Selector, type WatchEvent } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bigValue, bytes, take } from "./tools.ts";

/** An event in short: what happened to which key, and its value. */
function short(prefix: string, { type, entry }: WatchEvent): string {
  const name = entry.key.slice(prefix.length);
  return type === "put" ? `put ${name} ${entry.text()}` : `delete ${name}`;
}

export function watchEventSuite(connect: Connect): void {
  it("reports puts and deletes from now on, with all that etcd tells", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "before");
    const watch = etcd.watch({ prefix });
    const { revision } = await watch.ready;
    const second = await etcd.put(`${prefix}a`, "after");
    const third = await etcd.delete(`${prefix}a`);
    expect(second.revision).toBeGreaterThan(revision);
    const [put, deleted] = await take(2, watch);
    expect(put).toMatchObject({ type: "put", prev: null, revision: second.revision, synthetic: false });
    expect(put?.entry).toMatchObject({ key: `${prefix}a`, version: 2n, modRevision: second.revision, lease: 0n });
    expect(put?.entry.createRevision).toBe(second.revision - 1n);
    expect(put?.entry.text()).toBe("after");
    expect(deleted).toMatchObject({ type: "delete", prev: null, revision: third.revision, synthetic: false });
    expect(deleted?.entry).toMatchObject({ key: `${prefix}a`, modRevision: third.revision, version: 0n });
  });

  it("is connecting, then live, then closed", async () => {
    const etcd = connect();
    const watch = etcd.watch({ prefix: freshPrefix() });
    expect(watch.state).toBe("connecting");
    await watch.ready;
    expect(watch.state).toBe("live");
    await watch.cancel();
    expect(watch.state).toBe("closed");
  });

  it("reports what was there before, if asked to", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix }, { prev: true });
    await watch.ready;
    await etcd.put(`${prefix}a`, "1");
    const first = await etcd.get(`${prefix}a`);
    await etcd.put(`${prefix}a`, "2");
    const second = await etcd.get(`${prefix}a`);
    await etcd.delete(`${prefix}a`);
    expect((await take(3, watch)).map(({ prev }) => prev)).toEqual([null, first, second]);
  });

  it.each([
    ["put", ["put a 1", "put a 2"]],
    ["delete", ["delete a", "delete b"]],
  ] as const)("reports only one type of event on request: %s", async (only, expected) => {
    const etcd = connect();
    const prefix = freshPrefix();
    const live = etcd.watch({ prefix }, { only });
    await live.ready;
    const { revision: from } = await etcd.put(`${prefix}a`, "1");
    await etcd.delete(`${prefix}a`);
    await etcd.put(`${prefix}a`, "2");
    if (only === "delete") await etcd.txn({ then: [op.put(`${prefix}c`, ""), op.delete(`${prefix}b`)] });
    if (only === "delete") await etcd.put(`${prefix}b`, "");
    if (only === "delete") await etcd.delete(`${prefix}b`);
    const past = etcd.watch({ prefix }, { only, from });
    for (const watch of [live, past]) {
      expect((await take(2, watch)).map((event) => short(prefix, event))).toEqual(expected);
    }
  });

  it("reports no delete where nothing was deleted", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix });
    await watch.ready;
    await etcd.delete(`${prefix}a`);
    await etcd.put(`${prefix}b`, "1");
    expect((await take(1, watch)).map((event) => short(prefix, event))).toEqual(["put b 1"]);
  });

  it("takes every form of selector", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const seen = async (selector: Selector, n: number): Promise<string> => {
      const watch = etcd.watch(selector);
      await watch.ready;
      // The last of them is in no range but those without an end.
      for (const name of ["a", "b", "bb", "c", "b"]) await etcd.put(prefix + name, "");
      return (await take(n, watch)).map(({ entry }) => entry.key.slice(prefix.length)).join(" ");
    };
    expect(await seen(`${prefix}b`, 2)).toBe("b b");
    expect(await seen(bytes(prefix, "b"), 2)).toBe("b b");
    expect(await seen({ prefix: `${prefix}b` }, 3)).toBe("b bb b");
    expect(await seen({ from: `${prefix}a`, to: `${prefix}bb` }, 3)).toBe("a b b");
    expect(await seen({ from: `${prefix}bb` }, 2)).toBe("bb c");
    expect(await seen({ all: true }, 5)).toBe("a b bb c b");
  });

  it("keeps two watches apart, of the same keys as well", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const [one, two, both] = [etcd.watch({ prefix: `${prefix}1` }), etcd.watch(`${prefix}2`), etcd.watch({ prefix })];
    await Promise.all([one.ready, two.ready, both.ready]);
    for (const name of ["1", "2", "1x", "2"]) await etcd.put(prefix + name, name);
    const keys = async (n: number, watch: typeof one) =>
      (await take(n, watch)).map(({ entry }) => entry.key.slice(prefix.length));
    expect(await keys(2, one)).toEqual(["1", "1x"]);
    expect(await keys(2, two)).toEqual(["2", "2"]);
    expect(await keys(4, both)).toEqual(["1", "2", "1x", "2"]);
  });

  it("gives all events of a revision together", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}old`, "");
    const watch = etcd.watch({ prefix });
    await watch.ready;
    const first = await etcd.txn({
      then: [op.put(`${prefix}a`, "1"), op.put(`${prefix}b`, "2"), op.delete(`${prefix}old`)],
    });
    const second = await etcd.put(`${prefix}c`, "3");
    const third = await etcd.delete({ prefix });
    const batches = await take(3, watch.batches());
    expect(batches.map(({ revision }) => revision)).toEqual([first.revision, second.revision, third.revision]);
    expect(batches.map(({ events }) => events.map((event) => short(prefix, event)).sort())).toEqual([
      ["delete old", "put a 1", "put b 2"],
      ["put c 3"],
      ["delete a", "delete b", "delete c"],
    ]);
    for (const { revision, events } of batches) for (const event of events) expect(event.revision).toBe(revision);
  });

  it("gives all events of a revision together that is too big for one answer", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const put = (name: string, size: number) => op.put(prefix + name, bigValue(size));
    const first = await etcd.txn({ then: [put("a", 700_000), put("b", 700_000)] });
    const second = await etcd.txn({ then: [put("a", 710_000), put("b", 710_000)] });
    const batches = await take(2, etcd.watch({ prefix }, { from: first.revision, prev: true }).batches());
    expect(batches.map(({ revision }) => revision)).toEqual([first.revision, second.revision]);
    const sizes = batches.map(({ events }) =>
      events.map(({ entry, prev }) => [entry.value.length, prev?.value.length]),
    );
    expect(sizes).toEqual([
      [
        [700_000, undefined],
        [700_000, undefined],
      ],
      [
        [710_000, 700_000],
        [710_000, 700_000],
      ],
    ]);
    await etcd.delete({ prefix });
  });

  it("is a ReadableStream as well, which ends the watch when it is cancelled", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix });
    await watch.ready;
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, name);
    const reader = watch.toReadableStream().getReader();
    const seen: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { value: event } = await reader.read();
      if (event !== undefined) seen.push(short(prefix, event));
    }
    expect(seen).toEqual(["put a a", "put b b", "put c c"]);
    const waiting = reader.read();
    await reader.cancel();
    expect((await waiting).done).toBe(true);
    expect(watch.state).toBe("closed");
  });

  it("passes an error on through a ReadableStream", async () => {
    const etcd = connect();
    const watch = etcd.watch({ prefix: freshPrefix() });
    await watch.ready;
    const reader = watch.toReadableStream().getReader();
    const waiting = expect(reader.read()).rejects.toMatchObject({ reason: "Closed" });
    await etcd.close();
    await waiting;
  });

  it("works with periodic progress reports asked for", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix }, { progress: true });
    await watch.ready;
    await etcd.put(`${prefix}a`, "1");
    expect((await take(1, watch)).map((event) => short(prefix, event))).toEqual(["put a 1"]);
  });

  it("gives each reader bytes of its own, also where they share a watch of the server", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "0");
    const watches = Array.from({ length: 3 }, () => etcd.watch({ prefix }, { prev: true }));
    await Promise.all(watches.map(({ ready }) => ready));
    await etcd.put(`${prefix}a`, "1");
    for (const watch of watches) {
      const [event] = await take(1, watch);
      expect([event?.entry.key, event?.entry.text(), event?.prev?.text()]).toEqual([`${prefix}a`, "1", "0"]);
      for (const bytes of [event?.entry.keyBytes, event?.entry.value, event?.prev?.value]) bytes?.fill(0);
    }
  });

  it("has a time for its first confirmation, which does not end it", async () => {
    const etcd = connect();
    const watch = etcd.watch(`${freshPrefix()}a`, { readyTimeoutMs: Infinity });
    expect((await watch.ready).revision).toBeGreaterThan(0n);
    expect(() => etcd.watch("a", { readyTimeoutMs: -1 })).toThrow("readyTimeoutMs: expected a positive number");
    expect(() => etcd.watch("a", { readyTimeoutMs: "10" as never })).toThrow("readyTimeoutMs: expected a positive");
    await watch.cancel();
  });
}
