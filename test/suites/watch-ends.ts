import { expect, it, onTestFinished, vi } from "vitest";
import { op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, breaker, take, until } from "./tools.ts";

export function watchEndSuite(connect: Connect): void {
  it("ends quietly when it is cancelled, and drops what is queued", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix });
    await watch.ready;
    const reading = all(watch);
    await watch.cancel();
    expect(await reading).toEqual([]);
    expect(await all(watch)).toEqual([]);
    await watch.cancel();
    expect(watch.state).toBe("closed");

    const queued = etcd.watch({ prefix });
    await queued.ready;
    await etcd.put(`${prefix}a`, "1");
    await queued.cancel();
    expect(await all(queued)).toEqual([]);
  });

  it("ends when its loop is left", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix });
    await watch.ready;
    await etcd.put(`${prefix}a`, "1");
    for await (const event of watch) {
      expect(event.entry.text()).toBe("1");
      expect(watch.state).toBe("live");
      break;
    }
    expect(watch.state).toBe("closed");
  });

  it("ends when its iterator is returned, while that waits as well", async () => {
    const etcd = connect();
    for (const read of [
      (watch: ReturnType<typeof etcd.watch>) => watch[Symbol.asyncIterator](),
      (watch: ReturnType<typeof etcd.watch>) => watch.batches(),
    ]) {
      const watch = etcd.watch({ prefix: freshPrefix() });
      await watch.ready;
      const iterator = read(watch);
      const waiting = iterator.next();
      await iterator.return?.();
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect(watch.state).toBe("closed");
    }
  });

  it("ends with its scope", async () => {
    const etcd = connect();
    let outer;
    {
      await using watch = etcd.watch({ prefix: freshPrefix() });
      await watch.ready;
      outer = watch;
    }
    expect(outer.state).toBe("closed");
  });

  it("ends with the reason of its signal, as it is", async () => {
    const etcd = connect();
    const controller = new AbortController();
    const watch = etcd.watch({ prefix: freshPrefix() }, { signal: controller.signal });
    await watch.ready;
    const reading = all(watch).catch((error: unknown) => error);
    const reason = { why: "no longer wanted" };
    controller.abort(reason);
    expect(await reading).toBe(reason);
    expect(watch.state).toBe("closed");
  });

  it("does not begin with a signal that is aborted already", async () => {
    const etcd = connect();
    const reason = new Error("too late");
    const watch = etcd.watch({ prefix: freshPrefix() }, { signal: AbortSignal.abort(reason) });
    await expect(watch.ready).rejects.toBe(reason);
    await expect(all(watch)).rejects.toBe(reason);
    expect(watch.state).toBe("closed");
  });

  it("delivers what is queued before the error that ended it", async () => {
    const etcd = connect();
    const writer = connect();
    const prefix = freshPrefix();
    const seenByTwin = etcd.watch({ prefix });
    const watch = etcd.watch({ prefix });
    await Promise.all([watch.ready, seenByTwin.ready]);
    await writer.put(`${prefix}a`, "1");
    await take(1, seenByTwin);
    const iterator = watch[Symbol.asyncIterator]();
    expect((await iterator.next()).value?.entry.text()).toBe("1");
    await etcd.close();
    await expect(iterator.next()).rejects.toMatchObject({ reason: "Closed" });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("ends with the client, of whichever view it is", async () => {
    const etcd = connect();
    const watches = [etcd.watch({ all: true }), etcd.namespace("a/").watch("b"), etcd.watch("a", { from: 2n ** 60n })];
    await Promise.all(watches.map(({ ready }) => ready));
    const reading = watches.map((watch) => all(watch));
    const ended = reading.map((each) =>
      expect(each).rejects.toMatchObject({ reason: "Closed", outcome: "not-applied" }),
    );
    await etcd.close();
    await Promise.all(ended);
    expect(watches.map(({ state }) => state)).toEqual(["closed", "closed", "closed"]);
    expect(() => etcd.watch("a")).toThrow("the client is closed");
  });

  it("has one reader at a time", async () => {
    const etcd = connect();
    const watch = etcd.watch({ prefix: freshPrefix() });
    await watch.ready;
    const first = watch[Symbol.asyncIterator]().next();
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reason: "InvalidArgument" });
    await watch.cancel();
    expect((await first).done).toBe(true);
  });

  it("answers reads that wait in their order, each by an event of its own", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix });
    await watch.ready;
    const events = watch[Symbol.asyncIterator]();
    const reads = Array.from({ length: 5 }, () => events.next());
    await etcd.txn({ then: ["a", "b", "c"].map((key) => op.put(prefix + key, "")) });
    await etcd.put(`${prefix}d`, "");
    const first = await Promise.all(reads.slice(0, 4));
    expect(first.map(({ value: event }) => event.entry.key.slice(prefix.length))).toEqual(["a", "b", "c", "d"]);
    await watch.cancel();
    expect(await reads[4]).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("leaves other watches and calls of the client alone when it ends", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const [gone, left] = [etcd.watch({ prefix }), etcd.watch({ prefix })];
    await Promise.all([gone.ready, left.ready]);
    await gone.cancel();
    await etcd.put(`${prefix}a`, "1");
    expect((await take(1, left)).map(({ entry }) => entry.text())).toEqual(["1"]);
  });

  it("tells each state that it comes to, and goes on where a listener throws or ends it", async () => {
    const { interceptor, cut, mend } = breaker();
    const etcd = connect({ interceptors: [interceptor] });
    const seen: string[] = [];
    const complaints = vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => complaints.mockRestore());
    const key = freshPrefix();
    const watch = etcd.watch(key, {
      onState(state) {
        seen.push(state);
        throw new Error("a listener's own");
      },
    });
    const other = etcd.watch(key, { onState: (state) => void (state === "retrying" && other.cancel()) });
    await Promise.all([watch.ready, other.ready]);
    cut();
    await until("the break is told", () => seen.length === 2);
    await until("the other has ended", () => other.state === "closed");
    mend();
    await until("it is live again", () => seen.length === 3);
    await etcd.put(key, "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
    await until("its end is told", () => seen.length === 4);
    expect(seen).toEqual(["live", "retrying", "live", "closed"]);
    expect(complaints).toHaveBeenCalledTimes(4);
  });
}
