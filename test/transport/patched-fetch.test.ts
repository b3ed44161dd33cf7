import { describe, expect, it, vi } from "vitest";
import { createEtcd } from "../../src/index.ts";
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

  it("the option is left out where the platform's Request does not have it, for it may throw there", async () => {
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
