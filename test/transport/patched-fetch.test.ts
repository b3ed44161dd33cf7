import { describe, expect, it, vi } from "vitest";
import { compare, createEtcd, type Etcd, type EtcdOptions, op, registry } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { createEtcdV2 } from "../../src/v2/index.ts";

/** What frameworks throw through `fetch`: none of it is about the network. */
const thrown: readonly (readonly [string, unknown])[] = [
  ["dynamic server usage", Object.assign(new Error("Dynamic server usage"), { digest: "DYNAMIC_SERVER_USAGE" })],
  ["a redirect", Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;replace;/login;307;" })],
  ["postpone", Object.assign(new Error("postponed"), { $$typeof: Symbol.for("react.postpone") })],
  ["a postponed object", { $$typeof: Symbol.for("react.postpone") }],
  ["a promise to suspend on", new Promise(() => undefined)],
  ["a Response", new Response(null, { status: 302 })],
];

const throwing = (what: unknown): typeof fetch => {
  // eslint-disable-next-line typescript/prefer-promise-reject-errors
  return () => ({ then: (_: unknown, reject: (reason: unknown) => void) => reject(what) }) as never;
};

describe.each(thrown)("%s that a framework's fetch throws", (_, what) => {
  const caught = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => "nothing",
      (error: unknown) => [error],
    );

  it("comes out of reads, writes and logins as it is, at once", async () => {
    const calls = vi.fn<typeof fetch>(throwing(what));
    await using etcd = createEtcd({ fetch: calls });
    expect(((await caught(etcd.get("a"))) as unknown[])[0]).toBe(what);
    expect(((await caught(etcd.put("a", "1"))) as unknown[])[0]).toBe(what);
    expect(calls).toHaveBeenCalledTimes(2);
    await using user = createEtcd({ fetch: calls, auth: { username: "u", password: "p" } });
    expect(((await caught(user.get("a"))) as unknown[])[0]).toBe(what);
  });

  it("comes out of a watch as it is, at once, and out of its `ready`", async () => {
    const calls = vi.fn<typeof fetch>(throwing(what));
    await using etcd = createEtcd({ fetch: calls });
    const watch = etcd.watch("a");
    const ready = caught(watch.ready);
    expect(((await caught(watch[Symbol.asyncIterator]().next())) as unknown[])[0]).toBe(what);
    expect(((await ready) as unknown[])[0]).toBe(what);
    expect(((await caught(etcd.watchOnce("a"))) as unknown[])[0]).toBe(what);
    expect(calls).toHaveBeenCalledTimes(2);
  });

  it("comes out of v2 as it is", async () => {
    await using etcd = createEtcdV2({ fetch: throwing(what) });
    expect(((await caught(etcd.get("/a"))) as unknown[])[0]).toBe(what);
  });
});

it("an error without such a mark is one of the network, whatever else it carries", async () => {
  for (const error of [new Error("x"), Object.assign(new Error("x"), { digest: 5 }), "text"]) {
    await using etcd = createEtcd({ fetch: throwing(error), retry: false });
    await expect(etcd.get("a")).rejects.toMatchObject({ reason: "Unreachable" });
  }
});

describe("caches of a framework", () => {
  /** Answers a request that it has seen with what it answered then, unless it is told not to. */
  function caching(inner: typeof fetch): typeof fetch {
    const seen = new Map<string, Response>();
    return async (input, init) => {
      if (init?.cache === "no-store") return inner(input, init);
      const key = `${String(input)} ${String(init?.body)}`;
      const known = seen.get(key) ?? (await inner(input, init));
      seen.set(key, known);
      return known.clone();
    };
  }

  it("are not asked: a read sees what was written since, and a put arrives twice", async () => {
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: caching(memory.fetch as typeof fetch) });
    await etcd.put("a", "1");
    expect((await etcd.get("a"))?.text()).toBe("1");
    await using other = createEtcd({ fetch: memory.fetch });
    await other.put("a", "2");
    expect((await etcd.get("a"))?.text()).toBe("2");
    await etcd.put("a", "1");
    expect((await etcd.get("a"))?.text()).toBe("1");
  });

  it("the option is left out where the platform's Request does not have it, since it may throw there", async () => {
    const memory = createMemoryEtcd();
    const modes: unknown[] = [];
    await using etcd = createEtcd({
      fetch: (url, init) => {
        modes.push(init?.cache);
        return memory.fetch(url, init);
      },
    });
    await etcd.get("a");
    class WithoutCache {}
    vi.stubGlobal("Request", WithoutCache);
    try {
      await etcd.get("a").catch(() => undefined);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(modes.slice(0, 2)).toEqual(["no-store", undefined]);
  });
});

describe("a framework that renders pages beforehand", () => {
  /** What differs from one render to the next ends such a render, unless a request came before it. */
  async function withoutClocks(work: () => Promise<void>): Promise<void> {
    const asked: string[] = [];
    const refusing = (name: string) => (): never => {
      asked.push(name);
      throw new Error(`${name} differs from one render to the next`);
    };
    const spies = [
      vi.spyOn(Date, "now").mockImplementation(refusing("the time")),
      vi.spyOn(Math, "random").mockImplementation(refusing("a random number")),
      vi.spyOn(crypto, "getRandomValues").mockImplementation(refusing("random bytes")),
    ];
    await work().finally(() => spies.forEach((spy) => spy.mockRestore()));
    expect(asked).toEqual([]);
  }

  const endpoints = ["http://127.0.0.1:2379", "http://127.0.0.1:2380"];
  const auth = { username: "u", password: "p" };
  const clients: readonly (readonly [string, Exclude<EtcdOptions, { readonly transport: unknown }>])[] = [
    ["one endpoint", {}],
    ["several endpoints", { endpoints }],
    ["endpoints that a function names", { endpoints: () => endpoints }],
    ["members that are discovered", { endpoints, discoverMembers: true }],
    ["a login", { auth }],
    ["requests that are not shared", { shareRequests: false, auth }],
    ["monotonic reads", { endpoints, monotonicReads: true }],
  ];
  const reads: readonly ((etcd: Etcd) => Promise<unknown>)[] = [
    (etcd) => etcd.get("a"),
    (etcd) => etcd.has("a"),
    (etcd) => etcd.range({ prefix: "a" }),
    (etcd) => etcd.count({ all: true }),
    (etcd) => etcd.keys({ all: true }),
    (etcd) => etcd.scan({ all: true }).next(),
    (etcd) => etcd.ls("a").next(),
    (etcd) => etcd.txn({ if: [compare.exists("a")], then: [op.get("a")] }),
    (etcd) => etcd.lease.timeToLive(1n),
    (etcd) => registry(etcd, "a").list(),
  ];

  it.each(clients)("sees no read of a client with %s ask for the time or a random number first", async (_, options) => {
    for (const read of reads) {
      const sent: string[] = [];
      await using etcd = createEtcd({ ...options, fetch: (url) => new Promise(() => void sent.push(url)) });
      await withoutClocks(async () => {
        read(etcd).catch(() => undefined);
        for (let turn = 0; turn < 200; turn++) await Promise.resolve();
      });
      expect(sent).not.toEqual([]);
    }
  });

  it("gets back what it threw through the login of one page, and another page logs in itself", async () => {
    const memory = createMemoryEtcd();
    const postponed = Object.assign(new Error("postponed"), { digest: "NEXT_POSTPONED" });
    let postpone: (reason: unknown) => void = () => undefined;
    let logins = 0;
    await using etcd = createEtcd({
      auth: { token: () => (++logins === 1 ? new Promise((_, reject) => (postpone = reject)) : Promise.resolve("t")) },
      fetch: memory.fetch,
    });
    const first = etcd.get("a");
    await vi.waitUntil(() => logins === 1);
    const other = etcd.count("b");
    await Promise.resolve();
    postpone(postponed);
    await expect(first).rejects.toBe(postponed);
    expect([await other, logins]).toEqual([0n, 2]);
  });
});
