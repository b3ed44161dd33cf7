import { expect, it, onTestFinished, vi } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { createEtcdV2, type EtcdV2, type EtcdV2Options } from "../../src/v2/index.ts";
import { scripted } from "./scripted.ts";
import { lostAnswer, refused } from "../transport/network-failures.ts";

type Fetch = ReturnType<typeof scripted>["fetch"];

/** A client of an etcd in memory whose requests `way` carries, and one that reaches it whatever happens. */
function clientsOf(way: (memory: Fetch) => Fetch, options: EtcdV2Options = {}): { etcd: EtcdV2; other: EtcdV2 } {
  const memory = createMemoryEtcd();
  const etcd = createEtcdV2({ ...options, fetch: way(memory.fetch) });
  const other = createEtcdV2({ fetch: memory.fetch });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), other.close()]);
    memory.close();
  });
  return { etcd, other };
}

it.each<[string, (etcd: EtcdV2) => Promise<unknown>]>([
  ["isLocked of a lock", (etcd) => etcd.lock("x").isLocked({ timeoutMs: 100 })],
  ["get of an election", (etcd) => etcd.election("x").get({ timeoutMs: 100 })],
  ["delete of an election", (etcd) => etcd.election("x").delete("v", { timeoutMs: 100 })],
])("%s takes the time it is given, not the client's", async (_, run) => {
  const { fetch } = scripted(() => new Promise(() => undefined));
  const etcd = createEtcdV2({ fetch, timeoutMs: 60_000 });
  onTestFinished(() => etcd.close());
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const ended = vi.fn();
  run(etcd).catch(ended);
  await vi.advanceTimersByTimeAsync(100);
  expect(ended).toHaveBeenCalledWith(expect.objectContaining({ name: "Timeout", outcome: "not-applied" }));
});

it("a user whose second step is refused was not said to be absent", async () => {
  let puts = 0;
  const way =
    (memory: Fetch): Fetch =>
    async (url, init) => {
      if (init.method === "PUT" && ++puts > 1) throw refused();
      return memory(url, init);
    };
  const { etcd, other } = clientsOf(way, { timeoutMs: 300, failover: false });
  await expect(etcd.auth.users.add("bob", "pw")).rejects.toMatchObject({ name: "Unreachable", outcome: "unknown" });
  const { text } = await other.execute("/v2/auth/users");
  expect(text).toContain("bob");
});

it("a lock whose answer is lost, and after it every member, is not said to have left nothing", async () => {
  let down = false;
  const way =
    (memory: Fetch): Fetch =>
    async (url, init) => {
      if (down) throw refused();
      const answer = await memory(url, init);
      if (init.method !== "POST") return answer;
      down = true;
      throw lostAnswer();
    };
  const { etcd, other } = clientsOf(way, { timeoutMs: 100 });
  await expect(etcd.lock("x").acquire({ timeoutMs: 300 })).rejects.toMatchObject({
    name: "Timeout",
    outcome: "unknown",
  });
  expect(await other.lock("x").isLocked()).toBe(true);
});

it("a waiter whose key was deleted enters the queue again: how the first key ended says nothing of the second", async () => {
  let posts = 0;
  const way =
    (memory: Fetch): Fetch =>
    async (url, init) => {
      if (posts > 1 && init.method === "GET") throw refused();
      const answer = await memory(url, init);
      if (init.method !== "POST" || ++posts === 1) return answer;
      throw lostAnswer();
    };
  const { etcd, other } = clientsOf(way, { timeoutMs: 100 });
  await other.lock("x").acquire();
  const acquired = etcd.lock("x").acquire({ timeoutMs: 500 });
  acquired.catch(() => undefined);
  const waiters = () => other.list("/_locks/x");
  await vi.waitUntil(async () => (await waiters()).length === 2);
  const first = (await waiters())[1]?.key ?? "";
  await other.delete((await waiters())[0]?.key ?? "");
  await other.delete(first);
  await expect(acquired).rejects.toMatchObject({ outcome: "unknown" });
  expect((await waiters()).map(({ key }) => key)).not.toContain(first);
  expect(await waiters()).toHaveLength(1);
});

it("what a read of any path answers is read as JSON, or refused as a read is", async () => {
  const { fetch } = scripted(() => new Response("<h1>Sign in</h1>"));
  const etcd = createEtcdV2({ fetch });
  onTestFinished(() => etcd.close());
  const read = await etcd.execute("/v2/keys/");
  const write = await etcd.execute("/v2/keys/a", { method: "PUT", params: { value: "1" } });
  expect(() => read.json()).toThrow(expect.objectContaining({ name: "MalformedResponse", outcome: "not-applied" }));
  expect(() => write.json()).toThrow(expect.objectContaining({ name: "MalformedResponse", outcome: "unknown" }));
});
