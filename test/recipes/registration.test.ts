import { etcdErrorOf } from "../transport/etcd-error.ts";
import { expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd, registry } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

function clientsOf(fetch?: (memory: MemoryEtcd) => Fetch): { memory: MemoryEtcd; etcd: Etcd; other: Etcd } {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: fetch?.(memory) ?? memory.fetch });
  const other = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), other.close()]);
    memory.close();
  });
  return { memory, etcd, other };
}

/** A signal, and how many listeners it has. */
function countedSignal(): { signal: AbortSignal; listeners: () => number; controller: AbortController } {
  const controller = new AbortController();
  const added = vi.spyOn(controller.signal, "addEventListener");
  const removed = vi.spyOn(controller.signal, "removeEventListener");
  const listeners = (): number => added.mock.calls.length - removed.mock.calls.length;
  return { signal: controller.signal, listeners, controller };
}

it("an update that comes while the key is put anew is the value that stays", async () => {
  let passes = Promise.resolve();
  let held = 0;
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    if (url.endsWith("/v3/kv/txn")) {
      held++;
      await passes;
    }
    return memory.fetch(url, init);
  });
  await using mine = await registry(etcd, "api").register("a", "1");
  let open: () => void = () => undefined;
  passes = new Promise((resolve) => (open = resolve));
  const before = held;
  await other.delete("api/a");
  await vi.waitUntil(() => held > before);
  const update = mine.update("2");
  open();
  await update;
  expect((await other.get("api/a"))?.text()).toBe("2");
  expect(mine.registered).toBe(true);
});

it.each([
  ["a read", "/v3/kv/range"],
  ["a watch", "/v3/watch"],
])("stays listed when %s of the key is refused, and is listed again when somebody deletes it", async (_, path) => {
  let faults = 0;
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    if (!url.endsWith(path) || faults >= 3) return memory.fetch(url, init);
    faults++;
    return new Response("who are you?", { status: 401 });
  });
  const changes: string[] = [];
  const watch = other.watch({ prefix: "api/" });
  await watch.ready;
  await using mine = await registry(etcd, "api").register("a", "1");
  const told = (async () => {
    for await (const { type } of watch) changes.push(type);
  })();
  await vi.waitUntil(() => faults === 3);
  expect(mine.registered).toBe(true);
  await other.put("api/marker", "");
  await vi.waitUntil(() => changes.length >= 2);
  expect(changes).toEqual(["put", "put"]);
  await other.delete("api/a");
  await vi.waitUntil(() => changes.length === 4, 10_000);
  expect(changes.slice(2)).toEqual(["delete", "put"]);
  await watch.cancel();
  await told;
});

it("an aborted register does not wait for etcd, and leaves nothing behind once that answers", async () => {
  let open: () => void = () => undefined;
  const passes = new Promise<void>((resolve) => (open = resolve));
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    if (url.endsWith("/v3/lease/grant")) await passes;
    return memory.fetch(url, init);
  });
  const { signal, controller } = countedSignal();
  const registering = registry(etcd, "api").register("a", "1", { signal });
  controller.abort(new Error("enough"));
  await expect(registering).rejects.toBe(signal.reason);
  open();
  await vi.waitUntil(async () => (await other.lease.list()).length === 0);
  expect(await other.count({ prefix: "api/" })).toBe(0n);
});

it("closing does not wait for an etcd that does not answer", async () => {
  let answers = true;
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    if (!answers && url.endsWith("/v3/lease/grant")) await new Promise(() => undefined);
    return memory.fetch(url, init);
  });
  const mine = await registry(etcd, "api").register("a", "1");
  answers = false;
  const lease = (await other.get("api/a"))?.lease ?? 0n;
  await other.lease.revoke(lease);
  await vi.waitUntil(() => !mine.registered);
  await mine.close();
});

it("a registration that failed or has ended has no listener left on its signal", async () => {
  let fails = true;
  const { etcd } = clientsOf((memory) => async (url, init) => {
    if (fails && url.endsWith("/v3/lease/grant")) return new Response("{}", { status: 400 });
    return memory.fetch(url, init);
  });
  const failed = countedSignal();
  await expect(registry(etcd, "api").register("a", "1", { signal: failed.signal })).rejects.toThrow();
  expect(failed.listeners()).toBe(0);
  fails = false;
  const ended = countedSignal();
  const mine = await registry(etcd, "api").register("a", "1", { signal: ended.signal });
  expect(ended.listeners()).toBeGreaterThan(0);
  await mine.close();
  expect(ended.listeners()).toBe(0);
});

it.each(["/v3/lease/grant", "/v3/kv/txn"])(
  "a registration that hangs in %s rejects in its time, and leaves no key",
  async (path) => {
    const { etcd, other } = clientsOf((memory) => async (url, init) => {
      const answer = await memory.fetch(url, init);
      if (!url.endsWith(path)) return answer;
      return new Promise((_, reject) => {
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    });
    const registering = registry(etcd, "api").register("a", "1", { timeoutMs: 50 });
    const { reason, outcome } = await etcdErrorOf(registering);
    expect(reason).toBe("Timeout");
    // Where there was no time to take it back, it is taken back after that.
    if (outcome === "not-applied") expect(await registry(other, "api").list()).toEqual([]);
    else expect(outcome).toBe("unknown");
    await vi.waitFor(async () => expect(await registry(other, "api").list()).toEqual([]));
  },
);

it("a value of a wrong kind is refused before anything is sent, and the one before it stays", async () => {
  const sent: string[] = [];
  const { etcd, other } = clientsOf((memory) => (url, init) => {
    sent.push(url);
    return memory.fetch(url, init);
  });
  const wrong = { reason: "InvalidArgument", outcome: "not-applied" };
  await expect(registry(etcd, "api").register("a", 1 as never)).rejects.toMatchObject(wrong);
  expect(sent).toEqual([]);
  await using mine = await registry(etcd, "api").register("a", "1");
  await expect(mine.update(2 as never)).rejects.toMatchObject(wrong);
  await other.delete("api/a");
  await vi.waitUntil(async () => (await other.get("api/a"))?.text() === "1");
});

it("an update that was refused does not come back when the key is put anew", async () => {
  let refuses = false;
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    if (!refuses || !url.endsWith("/v3/kv/txn")) return memory.fetch(url, init);
    refuses = false;
    const refusal = { error: "etcdserver: mvcc: database space exceeded", code: 8 };
    return Response.json(refusal, { status: 429 });
  });
  await using mine = await registry(etcd, "api").register("a", "1");
  await mine.update("2");
  refuses = true;
  await expect(mine.update("3")).rejects.toMatchObject({ reason: "NoSpace", outcome: "not-applied" });
  await other.delete("api/a");
  await vi.waitUntil(async () => (await other.get("api/a")) !== null);
  expect((await other.get("api/a"))?.text()).toBe("2");
});
