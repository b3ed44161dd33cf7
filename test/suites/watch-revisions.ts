import { expect, it } from "vitest";
import { op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, bigValue, take, times, until } from "./tools.ts";

/** Others may write beside a test: revisions follow each other, and not without gaps. */
function inOrder(revisions: readonly bigint[]): bigint[] {
  return revisions.toSorted((a, b) => (a < b ? -1 : 1));
}

export function watchRevisionSuite(connect: Connect): void {
  it("reports from a revision of the past on, that one included", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    const { revision: from } = await etcd.put(key, "2");
    await etcd.put(key, "3");
    const watch = etcd.watch(key, { from });
    await watch.ready;
    await etcd.put(key, "4");
    expect((await take(3, watch)).map(({ entry }) => entry.text())).toEqual(["2", "3", "4"]);
  });

  it("waits for a revision of the future, and passes over what comes before it", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision } = await etcd.put(key, "0");
    const watch = etcd.watch(key, { from: revision + 3n });
    expect((await watch.ready).revision).toBeGreaterThanOrEqual(revision);
    for (const text of ["1", "2", "3", "4"]) await etcd.put(key, text);
    const events = await take(2, watch);
    expect(events.map((event) => [event.entry.text(), event.revision])).toEqual([
      ["3", revision + 3n],
      ["4", revision + 4n],
    ]);
  });

  it("misses nothing from the revision on that it confirmed", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    let stop = false;
    const written = [(await etcd.put(key, "0")).revision];
    const writing = (async () => {
      for (let i = 1; !stop; i++) written.push((await etcd.put(key, `${i}`)).revision);
    })();
    const watch = etcd.watch(key);
    const { revision } = await watch.ready;
    const since = (): bigint[] => written.filter((each) => each > revision);
    await until("more is written", () => since().length > 3);
    stop = true;
    await writing;
    const events = await take(since().length, watch);
    expect(events.map((event) => event.revision)).toEqual(since());
  });

  it("catches up with 2,000 changes, each once and in order", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { revision } = await etcd.put(`${prefix}start`, "");
    const keys = ["a", "b", "c", "d"];
    const written: bigint[] = [];
    const write = async (i: number): Promise<void> => {
      const puts = keys.map((key) => op.put(`${prefix}${i % 50}/${key}`, `${i} ${key}`));
      written.push((await etcd.txn({ then: puts })).revision);
    };
    await times(250, write);
    const watch = etcd.watch({ prefix }, { from: revision + 1n });
    await times(250, (i) => write(250 + i));
    const events = await take(2000, watch);
    expect(events.map((event) => event.revision)).toEqual(inOrder(written).flatMap((each) => keys.map(() => each)));
    expect(new Set(events.map(({ entry }) => entry.text())).size).toBe(2000);
    const current = await etcd.range({ from: `${prefix}0`, to: `${prefix}start` });
    const rebuilt = new Map(events.map(({ entry }) => [entry.key, entry]));
    expect(current.entries.map(({ key }) => rebuilt.get(key))).toEqual(current.entries);
    expect(rebuilt.size).toBe(200);
  });

  it("puts values together that are too big for one answer", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const values = Array.from({ length: 5 }, (_, i) => bigValue(700_000, i));
    const written: bigint[] = [];
    for (const [i, big] of values.entries()) written.push((await etcd.put(`${prefix}${i}`, big)).revision);
    const events = await take(5, etcd.watch({ prefix }, { from: written[0] ?? 0n }));
    expect(events.map(({ revision }) => revision)).toEqual(written);
    expect(events.every(({ entry }, i) => entry.value.every((byte, at) => byte === values[i]?.[at]))).toBe(true);
    expect(events.map(({ entry }) => entry.value.length)).toEqual(values.map(({ length }) => length));
    await etcd.delete({ prefix });
  });

  it("loses nothing for a reader that is slower than its queue is long", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix }, { maxQueue: 10 });
    await watch.ready;
    const written: bigint[] = [];
    await times(150, async (i) => written.push((await etcd.put(`${prefix}${i}`, "")).revision), 16);
    await until("the stream is closed", () => watch.state === "retrying");
    const events = await take(150, watch);
    expect(events.map((event) => event.revision)).toEqual(inOrder(written));
  });

  it("goes on after a slow reader has caught up, live", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix }, { maxQueue: 1 });
    await watch.ready;
    const seen: string[] = [];
    await etcd.put(`${prefix}a`, "0");
    for await (const { entry } of watch) {
      seen.push(entry.text());
      if (seen.length === 5) break;
      await etcd.put(`${prefix}a`, `${seen.length}`);
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("reports a compacted start as an error, and the oldest revision there is", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision: from } = await etcd.put(key, "1");
    const { revision: compacted } = await etcd.put(key, "2");
    await etcd.compact(compacted);
    const watch = etcd.watch(key, { from });
    await expect(all(watch)).rejects.toMatchObject({
      reason: "Compacted",
      outcome: "not-applied",
      message: expect.stringContaining(`${compacted}`) as string,
      compactRevision: compacted,
    });
    expect(watch.state).toBe("closed");
    const whole = etcd.watch(key, { from: compacted });
    expect((await take(1, whole)).map(({ entry }) => entry.text())).toEqual(["2"]);
  });
}
