import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { createProxy, type EtcdProxy, type ProxyLimits, type ProxyOptions } from "../../src/proxy/index.ts";

const allow = [{ read: { prefix: "mine/" }, write: { prefix: "mine/" }, lock: { prefix: "mine/" } }] as const;

interface There {
  readonly memory: MemoryEtcd;
  readonly proxy: EtcdProxy;
  readonly inside: Etcd;
}

function setUp(limits: ProxyLimits, options: Partial<ProxyOptions> = {}): There {
  const memory = createMemoryEtcd();
  const proxy = createProxy({
    etcd: { fetch: memory.fetch },
    authorize: (request) => ({ subject: request.headers.get("authorization") ?? "me", allow }),
    limits,
    ...options,
  });
  const inside = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await inside.close();
    await proxy.close();
  });
  return { memory, proxy, inside };
}

function post(path: string, body: string, subject = "me", signal?: AbortSignal): Request {
  const init = { method: "POST", body, headers: { authorization: subject } };
  return new Request(`https://proxy.example${path}`, signal === undefined ? init : { ...init, signal });
}

const base64 = (text: string): string => btoa(text);
const range = `{"key":"${base64("mine/a")}"}`;
const watch = `{"create_request":{"key":"${base64("mine/a")}"}}`;

async function expectLimited(response: Response): Promise<void> {
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await response.text()).toContain("etcdserver: too many requests");
}

describe("Past a limit", () => {
  it.each<[string, ProxyLimits, string]>([
    ["requests in flight of a subject", { requests: 1 }, "me"],
    ["requests in flight of all", { totalRequests: 1 }, "another"],
    ["open watches of a subject", { watches: 1 }, "me"],
    ["open watches of all", { totalWatches: 1 }, "another"],
  ])("of %s, 429 says when to come again, until there is room", async (_, limits, subject) => {
    const { proxy, memory } = setUp(limits);
    const first = await proxy(post("/v3/watch", watch));
    await expectLimited(await proxy(post("/v3/watch", watch, subject)));
    await first.body?.cancel();
    const next = await proxy(post("/v3/watch", watch, subject));
    expect(next.status).toBe(200);
    await next.body?.cancel();
    await expect.poll(() => memory.watchers).toBe(0);
  });

  it.each<[string, ProxyLimits, string]>([
    ["the rate of a subject", { burst: 1, perSecond: 0.01 }, "me"],
    ["the rate of all", { totalBurst: 1, totalPerSecond: 0.01 }, "another"],
  ])("of %s, 429 says after how long", async (_, limits, subject) => {
    const { proxy } = setUp(limits);
    expect((await proxy(post("/v3/kv/range", range))).status).toBe(200);
    const response = await proxy(post("/v3/kv/range", range, subject));
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(90);
    await expectLimited(response);
  });

  it.each<[string, ProxyLimits, string]>([
    ["a subject", { leases: 2 }, "me"],
    ["all", { totalLeases: 2 }, "another"],
  ])("of leases of %s, no more are granted, requested at once or one by one", async (_, limits, subject) => {
    const { proxy, inside } = setUp(limits);
    const grant = (): Promise<Response> => proxy(post("/v3/lease/grant", '{"TTL":"60"}', subject));
    const answers = await Promise.all([grant(), grant(), grant(), grant()]);
    expect(answers.filter(({ status }) => status === 200).length).toBe(2);
    const [id] = await inside.lease.list();
    // Nor by asking for one that is there, nor by locks that make leases of their own.
    expect((await proxy(post("/v3/lease/grant", `{"ID":"${id}","TTL":"60"}`, subject))).status).toBe(429);
    const lock = post("/v3/lock/lock", `{"name":"${base64("mine/lock")}"}`, subject);
    await expectLimited(await proxy(lock));
    expect((await inside.lease.list()).length).toBe(2);
    expect((await proxy(post("/v3/lease/revoke", `{"ID":"${id}"}`, subject))).status).toBe(200);
    expect((await grant()).status).toBe(200);
  });

  it("of messages in one body, all are refused", async () => {
    const { proxy } = setUp({ leases: 3, watches: 1 });
    await expectLimited(await proxy(post("/v3/lease/keepalive", '{"ID":"1"}'.repeat(4))));
    await expectLimited(await proxy(post("/v3/watch", '{"progress_request":{}}'.repeat(20))));
  });

  it("of an answer's bytes, a read is refused as etcd's gateway does, and of a write nothing is claimed", async () => {
    const { proxy, inside } = setUp({ answerBytes: 2000 });
    await inside.put("mine/a", "v".repeat(3000));
    const read = await proxy(post("/v3/kv/range", range));
    expect(read.status).toBe(429);
    expect(await read.text()).toContain("grpc: received message larger than max");
    const deletion = `{"key":"${base64("mine/a")}","prev_kv":true}`;
    expect((await proxy(post("/v3/kv/deleterange", deletion))).status).toBe(500);
    expect(await inside.get("mine/a")).toBeNull();
  });

  it("a wall clock that is set back shuts nobody out", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { proxy } = setUp({});
    expect((await proxy(post("/v3/kv/range", range))).status).toBe(200);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect((await proxy(post("/v3/kv/range", range))).status).toBe(200);
    expect((await proxy(post("/v3/kv/range", range, "another"))).status).toBe(200);
  });

  it("the client waits as long as it is told", async () => {
    const { proxy } = setUp({ burst: 1, perSecond: 1 });
    const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => proxy(new Request(url, init));
    const etcd = createEtcd({ fetch, retry: false });
    onTestFinished(() => etcd.close());
    await etcd.get("mine/a");
    await expect(etcd.get("mine/a")).rejects.toMatchObject({ reason: "TooManyRequests", retryAfterMs: 1000 });
  });
});

describe("A reader that is too slow", () => {
  it("is cut, and resumes by revision without missing an event", async () => {
    const { proxy, inside, memory } = setUp({ queueBytes: 10_000 });
    const slow = await proxy(post("/v3/watch", watch));
    const reader = slow.body?.getReader();
    await reader?.read();
    const { revision } = await inside.put("mine/a", "0".repeat(4000));
    for (let i = 1; i < 8; i++) await inside.put("mine/a", String(i).repeat(4000));
    const rest = async (): Promise<void> => {
      while ((await reader?.read())?.done === false);
    };
    await expect.poll(() => memory.watchers).toBe(0);
    await rest();
    const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => proxy(new Request(url, init));
    const etcd = createEtcd({ fetch });
    onTestFinished(() => etcd.close());
    const seen: string[] = [];
    for await (const { entry } of etcd.watch("mine/a", { from: revision }))
      if (seen.push(entry.text()[0] ?? "") === 8) break;
    expect(seen.join("")).toBe("01234567");
  });

  it.each([
    { after: 29_000, end: "has taken what waits for it, and comes again" },
    { after: 30_000, end: "is told that it is too slow" },
  ])("$end after $after ms", async ({ after }) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    onTestFinished(() => void vi.useRealTimers());
    const { proxy, inside, memory } = setUp({ queueBytes: 10_000 });
    const reader = (await proxy(post("/v3/watch", watch))).body?.getReader();
    await reader?.read();
    for (let i = 0; i < 8; i++) await inside.put("mine/a", String(i).repeat(4000));
    await expect.poll(() => memory.watchers).toBe(0);
    await vi.advanceTimersByTimeAsync(after);
    if (after < 30_000) {
      expect((await reader?.read())?.done).toBe(false);
      expect((await reader?.read())?.done).toBe(true);
    } else {
      await expect(reader?.read()).rejects.toThrow("the reader is too slow");
    }
  });
});

describe("A caller who is gone", () => {
  it.each([
    ["a lock", "/v3/lock/lock", `{"name":"${base64("mine/lock")}"}`],
    ["a campaign", "/v3/election/campaign", `{"name":"${base64("mine/lock")}","value":"MQ=="}`],
  ])("takes along what waits for it at etcd: %s", async (_, path, body) => {
    const { proxy, memory } = setUp({});
    expect((await proxy(post("/v3/lock/lock", `{"name":"${base64("mine/lock")}"}`))).status).toBe(200);
    const stop = new AbortController();
    const request = post(path, body, "other", stop.signal);
    const waiting = proxy(request);
    await expect.poll(() => memory.openRequests).toBe(1);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => memory.openRequests).toBe(0);
    expect(request.signal.aborted).toBe(true);
  });
});

describe("Requests made to cost", () => {
  it.each([
    ["quotes without an end", `"${'\\"'.repeat(500_000)}`],
    ["objects within each other", `${'{"success":[{"request_txn":'.repeat(50_000)}`],
    ["lists within each other", "[".repeat(100_000)],
  ])(
    "are refused in a moment: %s",
    async (_, body) => {
      const { proxy } = setUp({});
      const began = performance.now();
      const response = await proxy(post("/v3/kv/txn", body));
      expect([400, 500]).toContain(response.status);
      // Of a body that costs the square of its length this would take minutes.
      expect(performance.now() - began).toBeLessThan(15_000);
    },
    60_000,
  );
});
