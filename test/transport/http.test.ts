import { afterEach, describe, expect, it, vi } from "vitest";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, put, watch } from "./transport-calls.ts";
import { etcdErrorOf } from "./etcd-error.ts";
import { bodyOf, okJson, scriptedFetch, silentFetch } from "./scripted-fetch.ts";
import { serving } from "./serving.ts";

afterEach(() => vi.unstubAllGlobals());

describe("an abort", () => {
  it("B27: before anything is sent sends nothing", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = gatewayTransport({ fetch });
    const signal = AbortSignal.abort("changed my mind");
    await expect(put(transport, { signal })).rejects.toBe("changed my mind");
    await expect(watch(transport, { signal })).rejects.toBe("changed my mind");
    expect(sent).toEqual([]);
  });

  it("B28: a time-out before anything is sent says that nothing was", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const timeout = await etcdErrorOf(put(gatewayTransport({ fetch: silentFetch().fetch }), { timeoutMs: 1 }));
    expect(timeout.outcome).toBe("unknown");
    const signal = AbortSignal.abort(timeout);
    expect(await etcdErrorOf(put(gatewayTransport({ fetch }), { signal }))).toMatchObject({
      reason: "Timeout",
      outcome: "not-applied",
    });
    expect(sent).toEqual([]);
  });

  it("B27: while waiting rejects with the caller's reason within a tick", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = put(gatewayTransport({ fetch: silentFetch().fetch }), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(waiting).rejects.toBe(reason);
  });

  it.each<[string, () => Promise<Response>]>([
    ["never answers", () => new Promise<never>(() => undefined)],
    ["never ends its answer", async () => new Response(bodyOf(['{"header":'], "open").body)],
  ])("B27: ends a call though a fetch that takes no notice of signals %s", async (_, fetch) => {
    const transport = gatewayTransport({ fetch });
    const controller = new AbortController();
    const waiting = put(transport, { signal: controller.signal });
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(await etcdErrorOf(put(transport, { timeoutMs: 5 }))).toMatchObject({
      reason: "Timeout",
      outcome: "unknown",
      attempts: [{ reason: "Timeout" }],
    });
  });

  it("B27: frees an answer that comes after all", async () => {
    const answer = bodyOf(["{"], "open");
    let respond: (response: Response) => void = () => undefined;
    const transport = gatewayTransport({ fetch: () => new Promise((resolve) => (respond = resolve)) });
    await expect(etcdErrorOf(put(transport, { timeoutMs: 1 }))).resolves.toMatchObject({ reason: "Timeout" });
    respond(new Response(answer.body));
    await vi.waitFor(() => expect(answer.isCancelled()).toBe(true));
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

describe("a fetch that is not one", () => {
  it.each([undefined, null, "text", {}])("is told apart from a server by what it gives: %s", async (given) => {
    const transport = gatewayTransport({ fetch: () => given as never });
    for (const call of [put(transport), watch(transport)])
      expect(await etcdErrorOf(call)).toMatchObject({
        reason: "MalformedResponse",
        outcome: "unknown",
        message: expect.stringContaining("expected a Response from fetch"),
      });
  });
});

describe("every request", () => {
  it("S4: follows no redirect, carries no cookie, and goes to fetch as URL and init", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) => (url.endsWith("/watch") ? new Response("") : okJson()));
    const transport = gatewayTransport({ fetch });
    await put(transport);
    await drain(await watch(transport));
    await transport.get("/version", { signal: undefined });
    expect(sent.map(({ url }) => url)).toEqual(
      ["/v3/kv/put", "/v3/watch", "/version"].map((path) => `http://127.0.0.1:2379${path}`),
    );
    for (const { init } of sent) expect(init).toMatchObject({ redirect: "manual", credentials: "omit" });
    expect(sent.map(({ init }) => init.method)).toEqual(["POST", "POST", "GET"]);
  });

  it("B29: is not made by a device that knows it is offline, except to itself", async () => {
    vi.stubGlobal("navigator", { onLine: false });
    const { fetch, sent } = scriptedFetch(() => okJson());
    const away = gatewayTransport({ fetch, endpoints: "http://etcd:2379" });
    expect(await etcdErrorOf(put(away))).toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
    expect(sent).toEqual([]);
    await put(gatewayTransport({ fetch }));
    expect(sent).toHaveLength(1);
  });

  it("is made by a device that says it is online", async () => {
    vi.stubGlobal("navigator", { onLine: true });
    const { fetch } = scriptedFetch(() => okJson());
    expect(await put(gatewayTransport({ fetch, endpoints: "http://etcd:2379" }))).toMatchObject({ header: {} });
  });
});
