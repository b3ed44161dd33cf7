import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd, lock } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { type Access, createProxy, type Decision, type EtcdProxy, type ProxyOptions } from "../../src/proxy/index.ts";

const page = "https://app.example";
const access: Access = {
  subject: "me",
  allow: [{ read: { prefix: "mine/" }, write: { prefix: "mine/" }, lease: true }],
};

function setUp(options: Partial<ProxyOptions> = {}): { memory: MemoryEtcd; proxy: EtcdProxy; inside: Etcd } {
  const memory = createMemoryEtcd();
  const proxy = createProxy({ etcd: { fetch: memory.fetch }, authorize: () => access, origins: [page], ...options });
  const inside = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await inside.close();
    await proxy.close();
  });
  return { memory, proxy, inside };
}

/** A client of one subject, through a proxy that takes the header for it. */
function clientOf(proxy: EtcdProxy, subject: string): Etcd {
  const etcd = createEtcd({
    endpoints: "http://127.0.0.1:2379",
    retry: false,
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set("authorization", subject);
      return proxy(new Request(url, { ...init, headers }));
    },
  });
  onTestFinished(() => etcd.close());
  return etcd;
}

const bySubject = (request: Request): Access => ({ ...access, subject: request.headers.get("authorization") ?? "" });

const put = '{"key":"bWluZS9h","value":"MQ=="}';

function post(path: string, body: string, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
  return new Request(`https://proxy.example${path}`, signal === undefined ? init : { ...init, signal });
}

/** What has arrived of an answer that does not end by itself. */
async function firstPiece({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const piece = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(piece?.value);
}

describe("A page of another origin", () => {
  it.each<[string, Record<string, string>]>([
    ["by its origin", { origin: "https://evil.example", "content-type": "text/plain" }],
    ["of no name", { origin: "null", "content-type": "text/plain" }],
    ["by its port", { origin: "https://app.example:444" }],
    ["by what the browser says", { "sec-fetch-site": "cross-site" }],
    ["of another subdomain", { "sec-fetch-site": "same-site" }],
  ])("writes nothing and reads nothing: %s", async (_, headers) => {
    const { proxy, inside } = setUp();
    const response = await proxy(post("/v3/kv/put", put, headers));
    expect(response.status).toBe(403);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(await inside.count({ all: true })).toBe(0n);
  });

  it("gets no preflight answered", async () => {
    const { proxy } = setUp();
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const response = await proxy(new Request("https://proxy.example/v3/kv/put", { method: "OPTIONS", headers }));
    expect(response.status).toBe(403);
  });
});

describe("A page that is named", () => {
  it("may ask, with its cookies", async () => {
    const { proxy } = setUp();
    const url = "https://proxy.example/etcd/v3/kv/put";
    const preflight = await proxy(new Request(url, { method: "OPTIONS", headers: { origin: page } }));
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "access-control-allow-origin": page,
      "access-control-allow-credentials": "true",
      "access-control-max-age": "86400",
    });
    const response = await proxy(post("/etcd/v3/kv/put", put, { origin: page }));
    expect(response.status).toBe(200);
    expect(response.headers.get("vary")).toBe("origin");
  });
});

describe("What is asked", () => {
  it("is refused under a name that is not the proxy's, as after DNS rebinding", async () => {
    const { proxy, inside } = setUp({ hosts: ["app.example"] });
    expect((await proxy(post("/v3/kv/put", put))).status).toBe(403);
    expect(await inside.count({ all: true })).toBe(0n);
  });

  it.each(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream"])(
    "is refused as %s",
    async (type) => {
      const { proxy, inside } = setUp();
      const answer = await proxy(post("/v3/kv/put", put, { "content-type": type }));
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ message: expect.stringContaining("application/json") });
      expect(await inside.count({ all: true })).toBe(0n);
    },
  );

  it("may be read by authorize as a copy; else it is refused, with the reason", async () => {
    const asText = async (request: Request): Promise<Access | null> => ((await request.text()) === put ? access : null);
    const careless = setUp({ authorize: asText });
    const answer = await careless.proxy(post("/v3/kv/put", put));
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining("request.clone()") });
    expect(await careless.inside.count({ all: true })).toBe(0n);

    const careful = setUp({ authorize: (request) => asText(request.clone()) });
    expect((await careful.proxy(post("/v3/kv/put", put))).status).toBe(200);
  });

  it("is refused when it is too large, before all of it is read", async () => {
    const { proxy } = setUp({ limits: { bodyBytes: 1000 } });
    let read = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        read += 500;
        controller.enqueue(new Uint8Array(500).fill(0x20));
      },
    });
    const init = { method: "POST", body, duplex: "half", headers: { "content-type": "application/json" } };
    const response = await proxy(new Request("https://proxy.example/v3/kv/put", init));
    expect(await response.json()).toMatchObject({ error: "etcdserver: request is too large" });
    expect(read).toBeLessThan(5000);
  });

  it("does not go on with a sort target that ends etcd", async () => {
    const { proxy, memory } = setUp();
    const response = await proxy(post("/v3/kv/range", '{"key":"bWluZS9h","sort_target":9,"sort_order":1}'));
    expect(response.status).toBe(400);
    expect(memory.openRequests).toBe(0);
  });
});

describe("Leases", () => {
  it("are useful only to the client that made them", async () => {
    const { proxy, inside } = setUp({ authorize: bySubject });
    const me = clientOf(proxy, "me");
    const thief = clientOf(proxy, "thief");
    const { id } = await me.lease.grant(60);
    await me.put("mine/a", "1", { lease: id });
    const gone = { reason: "LeaseNotFound" };
    await expect(thief.lease.revoke(id)).rejects.toMatchObject(gone);
    await expect(thief.lease.keepAliveOnce(id)).rejects.toMatchObject(gone);
    await expect(thief.lease.timeToLive(id)).rejects.toMatchObject(gone);
    await expect(thief.put("mine/b", "1", { lease: id })).rejects.toMatchObject(gone);
    expect(await thief.lease.list()).toEqual([]);
    expect(await me.lease.list()).toEqual([id]);
    expect((await inside.get("mine/a"))?.lease).toBe(id);
  });

  it("need a rule that allows them", async () => {
    const { proxy } = setUp({ authorize: () => ({ subject: "me", allow: [{ write: { prefix: "mine/" } }] }) });
    await expect(clientOf(proxy, "me").lease.grant(60)).rejects.toMatchObject({ reason: "PermissionDenied" });
  });
});

describe("Limits", () => {
  it.each<[string, ProxyOptions["limits"], (etcd: Etcd) => Promise<unknown>]>([
    ["of the rate", { burst: 1, perSecond: 0.001 }, (etcd) => etcd.get("mine/a")],
    ["of leases", { leases: 1 }, (etcd) => etcd.lease.grant(60)],
  ])("%s answer 429, and when to come again", async (_, limits, call) => {
    const { proxy } = setUp({ authorize: bySubject, limits: limits ?? {} });
    const etcd = clientOf(proxy, "me");
    await call(etcd);
    await expect(call(etcd)).rejects.toMatchObject({ reason: "TooManyRequests", outcome: "not-applied" });
    await call(clientOf(proxy, "another"));
  });

  it("of open watches count by subject", async () => {
    const { proxy } = setUp({ limits: { watches: 1 } });
    const watch = '{"create_request":{"key":"bWluZS9h"}}';
    const first = await proxy(post("/v3/watch", watch));
    const second = await proxy(post("/v3/watch", watch));
    expect([first.status, second.status]).toEqual([200, 429]);
    expect(second.headers.get("retry-after")).toBe("1");
    await first.body?.cancel();
    const third = await proxy(post("/v3/watch", watch));
    expect(third.status).toBe(200);
    await third.body?.cancel();
  });
});

describe("Authorization", () => {
  const answers: readonly (readonly [string, unknown, number])[] = [
    ["nobody", null, 401],
    ["nothing", undefined, 401],
    ["who was somebody", { ...access, until: new Date(0) }, 401],
    ["a text", "me", 503],
    ["no rules", { subject: "me" }, 503],
    ["a rule that nobody knows", { subject: "me", allow: [{ raed: "a" }] }, 503],
    ["an empty prefix", { subject: "me", allow: [{ read: { prefix: "" } }] }, 503],
  ];

  it.each(answers)("that says %s lets nothing pass", async (_, said, status) => {
    const { proxy, inside } = setUp({ authorize: () => said as Access });
    expect((await proxy(post("/v3/kv/put", put))).status).toBe(status);
    expect(await inside.count({ all: true })).toBe(0n);
  });

  it("that throws keeps its reason to itself", async () => {
    const { proxy } = setUp({ authorize: () => Promise.reject(new Error("the password of the database")) });
    const response = await proxy(post("/v3/kv/put", put));
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain("password");
  });

  it("ends open watches when it ends", async () => {
    const { proxy, memory } = setUp({ authorize: () => ({ ...access, until: new Date(Date.now() + 300) }) });
    const response = await proxy(post("/v3/watch", '{"create_request":{"key":"bWluZS9h"}}'));
    expect(await response.text()).toContain('"created":true');
    await expect.poll(() => memory.watchers).toBe(0);
  });

  it("is written down without values, whatever the audit does", async () => {
    const seen: Decision[] = [];
    const { proxy, inside } = setUp({
      onDecision(decision) {
        seen.push(decision);
        throw new Error("the audit is down");
      },
    });
    expect((await proxy(post("/v3/kv/put", put))).status).toBe(200);
    expect((await proxy(post("/v3/kv/put", '{"key":"YQ==","value":"MQ=="}'))).status).toBe(403);
    expect(seen.map(({ subject, rpc, verdict }) => [subject, rpc, verdict])).toEqual([
      ["me", "etcdserverpb.KV/Put", "allowed"],
      ["me", "etcdserverpb.KV/Put", "denied"],
    ]);
    expect(await inside.keys({ all: true })).toEqual(["mine/a"]);
  });

  it("is written down of a refused watch, of a plain request, and of a caller who leaves before the answer", async () => {
    const seen: Decision[] = [];
    const rules = { subject: "me", allow: [{ lock: { prefix: "mine/" }, maintenance: "read" }] } as const;
    const { proxy, inside } = setUp({ authorize: () => rules, onDecision: (decision) => seen.push(decision) });
    const refused = await proxy(post("/v3/watch", '{"create_request":{"key":"YQ=="}}'));
    expect([refused.status, (await firstPiece(refused)).includes("PermissionDenied")]).toEqual([200, true]);
    expect((await proxy(new Request("https://proxy.example/health"))).status).toBe(200);
    await using held = await lock(inside, "mine/l");
    const stop = new AbortController();
    const waiting = proxy(post("/v3/lock/lock", '{"name":"bWluZS9s"}', {}, stop.signal));
    await expect.poll(() => inside.count({ prefix: "mine/l/" })).toBe(2n);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    expect(held.isHeld()).toBe(true);
    expect(seen.map(({ rpc, verdict }) => [rpc, verdict])).toEqual([
      ["etcdserverpb.Watch/Watch", "denied"],
      ["/health", "allowed"],
      ["v3lockpb.Lock/Lock", "allowed"],
    ]);
  });
});

describe("Streams", () => {
  it("end at etcd with the client", async () => {
    const { proxy, memory } = setUp();
    const stop = new AbortController();
    const request = post("/v3/watch", '{"create_request":{"key":"bWluZS9h"}}', {}, stop.signal);
    const response = await proxy(request);
    expect(memory.watchers).toBe(1);
    stop.abort();
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => memory.watchers).toBe(0);
  });

  it("of 100 clients with 1000 watches are one watch for each range, in 4 requests at most", async () => {
    const { proxy, memory, inside } = setUp({ authorize: bySubject });
    const clients = Array.from({ length: 100 }, (_, i) => clientOf(proxy, `client-${i}`));
    const stop = new AbortController();
    let told = 0;
    const watches = clients.flatMap((etcd) =>
      Array.from({ length: 10 }, (_, i) => etcd.watch({ prefix: `mine/${i % 5}/` }, { signal: stop.signal })),
    );
    const reading = watches.map(async (watch) => {
      for await (const _ of watch) told++;
    });
    await expect.poll(() => memory.watchers, { timeout: 4000 }).toBe(5);
    expect(memory.openRequests).toBeLessThanOrEqual(4);
    const settled = Promise.allSettled(reading);
    await expect
      .poll(
        async () => {
          await inside.put("mine/1/a", "1");
          return told;
        },
        { timeout: 4000 },
      )
      .toBeGreaterThanOrEqual(200);
    stop.abort();
    await settled;
  }, 20_000);

  it("say nothing of what etcd's answers have in their headers", async () => {
    const memory = createMemoryEtcd();
    const fetch: typeof memory.fetch = async (input, init) => {
      const response = await memory.fetch(input, init);
      return new Response(response.body, {
        status: response.status,
        headers: { "x-secret": "s", "set-cookie": "a=b" },
      });
    };
    const { proxy } = setUp({ etcd: { fetch } });
    const { headers } = await proxy(post("/v3/kv/put", put));
    expect([...headers.keys()].sort()).toEqual(["cache-control", "content-type"]);
  });
});

describe("What passes as it is", () => {
  it("is written down where its caller leaves before the answer, and leaves no listener behind", async () => {
    const seen: string[] = [];
    let sent: (() => void) | undefined;
    const memory = createMemoryEtcd();
    const proxy = createProxy({
      authorize: "etcd",
      etcd: {
        async fetch(url, init) {
          sent?.();
          const answer = await memory.fetch(url, init);
          if (sent === undefined) return answer;
          return new Promise((_, reject) => {
            init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
          });
        },
      },
      onDecision: ({ verdict }) => seen.push(verdict),
    });
    onTestFinished(() => proxy.close());
    const combined = vi.spyOn(AbortSignal, "any");
    onTestFinished(() => combined.mockRestore());
    const request = post("/v3/kv/put", put);
    const [added, removed] = [
      vi.spyOn(request.signal, "addEventListener"),
      vi.spyOn(request.signal, "removeEventListener"),
    ];
    expect(await (await proxy(request)).json()).toMatchObject({ header: { revision: "2" } });
    expect(added.mock.calls.length).toBe(removed.mock.calls.length);
    // In some runtimes each of these stays with the signal that ends with the proxy, and makes the next one slower.
    expect(combined).not.toHaveBeenCalled();
    const stop = new AbortController();
    const arrived = new Promise<void>((resolve) => (sent = resolve));
    const waiting = proxy(post("/v3/kv/put", put, {}, stop.signal));
    await arrived;
    stop.abort();
    await expect(waiting).rejects.toThrow();
    expect(seen).toEqual(["allowed", "allowed"]);
  });
});
