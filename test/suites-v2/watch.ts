import { describe, expect, it } from "vitest";
import { EventIndexCleared, InvalidArgument, type Result, Timeout, WatchTimeout } from "../../src/v2/index.ts";
import { limit, take, times } from "../suites/tools.ts";
import { freshDir, sixConnections, type SuiteV2 } from "./connect.ts";

const facts = ({ kind, node, prevNode }: Result): unknown[] => [kind, node.key, node.value, prevNode?.value];

export const watchSuite: SuiteV2 = (connect) => {
  describe("wait", () => {
    it("resolves with the next change", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const { etcdIndex } = await etcd.set(key, "1");
      const next = etcd.wait(key, { index: etcdIndex + 1n, timeoutMs: 20_000 });
      await etcd.set(key, "2");
      expect(facts(await next)).toEqual(["set", key, "2", "1"]);
    });

    it("resolves with a change of the past from an index on, given as bigint or number", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const { etcdIndex } = await etcd.set(key, "1");
      await etcd.set(key, "2");
      expect((await etcd.wait(key, { index: etcdIndex })).node.value).toBe("1");
      expect((await etcd.wait(key, { index: Number(etcdIndex) + 1 })).node.value).toBe("2");
    });

    it("sees below a directory when recursive, and not hidden keys", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.mkdir(dir);
      await etcd.set(`${dir}/_hidden/a`, "1");
      await etcd.set(`${dir}/b/c`, "2");
      const event = await etcd.wait(dir, { recursive: true, index: etcdIndex + 1n });
      expect(facts(event)).toEqual(["set", `${dir}/b/c`, "2", undefined]);
      const hidden = await etcd.wait(`${dir}/_hidden`, { recursive: true, index: etcdIndex + 1n });
      expect(facts(hidden)).toEqual(["set", `${dir}/_hidden/a`, "1", undefined]);
    });

    it("rejects with WatchTimeout when nothing happens in time", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const error = await etcd.wait(key, { timeoutMs: 100 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WatchTimeout);
      expect(error).toMatchObject({ name: "WatchTimeout", code: null, outcome: "not-applied" });
    });

    it("rejects with the signal's own reason", async () => {
      const etcd = connect();
      const stop = new AbortController();
      const waiting = etcd.wait(freshDir(), { signal: stop.signal });
      stop.abort(new Error("not today"));
      await expect(waiting).rejects.toBe(stop.signal.reason);
      await expect(etcd.wait(freshDir(), { signal: stop.signal })).rejects.toBe(stop.signal.reason);
    });

    it("refuses an index that is not one", async () => {
      const etcd = connect({ fetch: () => expect.fail("a request was made") });
      for (const index of [0n, -1n, 1.5]) await expect(etcd.wait("/a", { index })).rejects.toThrow(InvalidArgument);
    });
  });

  describe("watch", () => {
    it("yields every change once and in order, with all eight kinds told apart", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.mkdir(dir);
      const a = `${dir}/a`;
      await etcd.set(a, "1");
      await etcd.update(a, "2");
      await etcd.testAndSet(a, "2", "3");
      await etcd.compareAndDelete(a, { prevValue: "3" });
      await etcd.create(a, "4", { ttl: 1 });
      const watch = etcd.watch(dir, { recursive: true, index: etcdIndex + 1n });
      const seen = await take(6, watch);
      expect(seen.map(facts)).toEqual([
        ["set", a, "1", undefined],
        ["updated", a, "2", "1"],
        ["comparedThenSwapped", a, "3", "2"],
        ["comparedThenDeleted", a, undefined, "3"],
        ["created", a, "4", undefined],
        ["expired", a, undefined, "4"],
      ]);
      const indexes = seen.map(({ node }) => node.modifiedIndex);
      expect(indexes).toEqual([...new Set(indexes)].toSorted((x, y) => Number(x - y)));
      expect((await etcd.set(a, "5")).kind).toBe("set");
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    });

    it("begins with what happens after it is ready", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await etcd.set(key, "old");
      await using watch = etcd.watch(key);
      const { index } = await watch.ready;
      const { etcdIndex } = await etcd.set(key, "new");
      expect(etcdIndex).toBeGreaterThanOrEqual(index);
      const [event] = await take(1, watch);
      expect(event?.node.value).toBe("new");
    });

    it("tells of a directory that was deleted above", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.set(`${dir}/a/b`, "1");
      const next = etcd.watch(`${dir}/a/b`, { index: etcdIndex + 1n }).next();
      await etcd.delete(dir, { recursive: true });
      const { value } = await next;
      expect(value).toMatchObject({ kind: "deleted", node: { key: dir, dir: true } });
    });

    it("loses nothing of a burst, at any number of watchers", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.mkdir(dir);
      const watchers = Array.from({ length: 3 }, () =>
        take(200, etcd.watch(dir, { recursive: true, index: etcdIndex + 1n })),
      );
      await times(200, (i) => etcd.set(`${dir}/${i % 10}`, String(i)), 8);
      const seen = await Promise.all(watchers);
      const values = seen[0]?.map(({ node }) => node.value) ?? [];
      expect(values.toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 200 }, (_, i) => String(i)),
      );
      for (const each of seen) expect(each.map(({ node }) => node.value)).toEqual(values);
    });

    it("reports what it missed once etcd keeps it no more, with what is there now, and goes on", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.set(`${dir}/a`, "0");
      await times(1100, (i) => etcd.set(`${dir}/a`, String(i + 1), { noValueOnSuccess: true }), 16);
      await expect(etcd.wait(`${dir}/a`, { index: etcdIndex + 1n })).rejects.toThrow(EventIndexCleared);

      await using watch = etcd.watch(`${dir}/a`, { index: etcdIndex + 1n });
      const { value: report } = await watch.next();
      const now = (await etcd.get(`${dir}/a`, { quorum: true })).node;
      expect(report).toMatchObject({ kind: "got", node: { value: now.value }, gap: { from: etcdIndex + 1n } });
      await etcd.set(`${dir}/a`, "after");
      expect(facts((await watch.next()).value as Result)).toEqual(["set", `${dir}/a`, "after", now.value]);

      await using below = etcd.watch(dir, { index: etcdIndex + 1n, recursive: true });
      const { value: tree } = await below.next();
      expect(tree).toMatchObject({ kind: "got", node: { dir: true, children: [{ value: "after" }] } });

      await using gone = etcd.watch(`${dir}/never`, { index: etcdIndex + 1n });
      const { value: nothing } = await gone.next();
      expect(nothing).toMatchObject({ kind: "deleted", node: { key: `${dir}/never` }, gap: { from: etcdIndex + 1n } });
    });

    it("reports nothing missed for a value that nobody has written since", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.set(`${dir}/a`, "before");
      await times(1100, (i) => etcd.set(`${dir}/b`, String(i), { noValueOnSuccess: true }), 16);
      let polls = 0;
      const counting = connect({
        fetch: (url, init) => {
          if (url.includes("wait=true")) polls++;
          return connect.target.fetch(url, init);
        },
      });
      await using quiet = counting.watch(`${dir}/a`, { index: etcdIndex + 1n });
      const next = quiet.next();
      await expect.poll(() => polls, { timeout: 10_000 }).toBe(2);
      await etcd.set(`${dir}/a`, "after");
      expect(facts((await next).value as Result)).toEqual(["set", `${dir}/a`, "after", "before"]);
    });

    it("ends when the loop is left, when it is cancelled, and with the client", async () => {
      const etcd = connect();
      const dir = freshDir();
      const left = etcd.watch(dir);
      const pending = left.next();
      await left.cancel();
      expect(await pending).toEqual({ done: true, value: undefined });

      const stop = new AbortController();
      const aborted = etcd.watch(dir, { signal: stop.signal }).next();
      stop.abort(new Error("enough"));
      await expect(aborted).rejects.toBe(stop.signal.reason);

      const open = etcd.watch(dir);
      await open.ready;
      const last = open.next();
      await etcd.close();
      await expect(last).rejects.toMatchObject({ name: "Closed" });
      await expect(etcd.get(dir)).rejects.toMatchObject({ name: "Closed", outcome: "not-applied" });
    });

    it("leaves other calls alone, however many watches there are, where there are connections for all", async () => {
      let polls = 0;
      const etcd = connect({
        fetch: (url, init) => {
          if (url.includes("wait=true")) polls++;
          return connect.target.fetch(url, init);
        },
      });
      const dir = freshDir();
      const { etcdIndex } = await etcd.mkdir(dir);
      const pending = [];
      for (let i = 0; i < 7; i++) pending.push(etcd.watch(dir, { recursive: true, index: etcdIndex + 1n }).next());
      const ends = Promise.allSettled(pending);
      await expect.poll(() => polls, { timeout: 10_000 }).toBe(7);
      const read: unknown = await etcd.get(dir, { timeoutMs: 5000 }).catch((thrown: unknown) => thrown);
      if (connect.target.crossOrigin === true && read instanceof Timeout) limit(sixConnections);
      else expect(read).toMatchObject({ kind: "got", node: { key: dir } });
      await etcd.close();
      expect(new Set((await ends).map(({ status }) => status))).toEqual(new Set(["rejected"]));
    });

    it("makes quiet polls anew, and misses nothing between them", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      let polls = 0;
      const counting = connect({
        fetch: (url, init) => {
          if (url.includes("wait=true")) polls++;
          return connect.target.fetch(url, init);
        },
      });
      await using watch = counting.watch(key, { idleMs: 20 });
      const next = watch.next();
      await expect.poll(() => polls, { timeout: 10_000 }).toBeGreaterThan(3);
      await etcd.set(key, "1");
      expect((await next).value?.node.value).toBe("1");
    });
  });
};
