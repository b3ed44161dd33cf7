import { afterEach, describe, expect, it, vi } from "vitest";
import { createGatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, put, watch } from "./calls.ts";
import { etcdErrorOf } from "./etcd-error.ts";
import { okJson, scriptedFetch, silentFetch } from "./scripted-fetch.ts";
import { serving } from "./serving.ts";

afterEach(() => vi.unstubAllGlobals());

describe("an abort", () => {
  it("B27: before anything is sent sends nothing", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = createGatewayTransport({ fetch });
    const signal = AbortSignal.abort("changed my mind");
    await expect(put(transport, { signal })).rejects.toBe("changed my mind");
    await expect(watch(transport, { signal })).rejects.toBe("changed my mind");
    expect(sent).toEqual([]);
  });

  it("B28: a time-out before anything is sent says that nothing was", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const timeout = await etcdErrorOf(put(createGatewayTransport({ fetch: silentFetch().fetch }), { timeoutMs: 1 }));
    expect(timeout.outcome).toBe("unknown");
    const signal = AbortSignal.abort(timeout);
    expect(await etcdErrorOf(put(createGatewayTransport({ fetch }), { signal }))).toMatchObject({
      reason: "Timeout",
      outcome: "not-applied",
    });
    expect(sent).toEqual([]);
  });

  it("B27: while waiting rejects with the caller's reason within a tick", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = put(createGatewayTransport({ fetch: silentFetch().fetch }), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(waiting).rejects.toBe(reason);
  });

  it("B27: at any time leaves no rejection unhandled, no timer, and a transport that works", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const random = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, Math.random() * ms));
    async function* pieces(): AsyncGenerator<string> {
      for (const piece of ['{"header":', '{"revision":', '"7"}}']) {
        await random(3);
        yield piece;
      }
    }
    const { transport } = await serving(() => ({ body: pieces() }));
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const timersBefore = timers();
    const reason = new Error("enough");
    const ends: unknown[] = [];
    for (let wave = 0; wave < 8; wave++) {
      const running = Array.from({ length: 20 }, async (_each, i) => {
        const controller = new AbortController();
        const answer = put(transport, { signal: controller.signal, timeoutMs: 30_000 });
        const abort = (): void => controller.abort(reason);
        // The first at once, the last few when all is over, the others somewhere in between.
        if (i < 15) void (i === 0 ? Promise.resolve() : random(3 * i)).then(abort);
        ends.push(
          await answer.then(
            () => "answered",
            (error: unknown) => (error === reason ? "aborted" : error),
          ),
        );
        abort();
      });
      await Promise.all(running);
    }
    expect(new Set(ends)).toEqual(new Set(["answered", "aborted"]));
    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(timersBefore + 1));
    expect(await put(transport)).toMatchObject({ header: { revision: 7n } });
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  }, 20_000);
});

describe("every request", () => {
  it("S1, S4: follows no redirect, carries no cookie, and goes to fetch as URL and init", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) => (url.endsWith("/watch") ? new Response("") : okJson()));
    const transport = createGatewayTransport({ fetch });
    await put(transport);
    await drain(await watch(transport));
    await transport.get("/version", undefined, new AbortController().signal);
    expect(sent.map(({ url }) => url)).toEqual(
      ["/v3/kv/put", "/v3/watch", "/version"].map((path) => `http://127.0.0.1:2379${path}`),
    );
    for (const { init } of sent) expect(init).toMatchObject({ redirect: "manual", credentials: "omit" });
    expect(sent.map(({ init }) => init.method)).toEqual(["POST", "POST", "GET"]);
  });

  it("B29: is not made by a device that knows it is offline, except to itself", async () => {
    vi.stubGlobal("navigator", { onLine: false });
    const { fetch, sent } = scriptedFetch(() => okJson());
    const away = createGatewayTransport({ fetch, endpoints: "http://etcd:2379" });
    expect(await etcdErrorOf(put(away))).toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
    expect(sent).toEqual([]);
    await put(createGatewayTransport({ fetch }));
    expect(sent).toHaveLength(1);
  });

  it("is made by a device that says it is online", async () => {
    vi.stubGlobal("navigator", { onLine: true });
    const { fetch } = scriptedFetch(() => okJson());
    expect(await put(createGatewayTransport({ fetch, endpoints: "http://etcd:2379" }))).toMatchObject({ header: {} });
  });
});
