import { OpenFeature as ServerSdk } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { describe, expect, it } from "vitest";
import { createFlags, createOfrepHandler, type FlagsOptions, type OfrepOptions } from "../../src/flags/index.ts";
import { createEtcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { until } from "../suites/tools.ts";

const base = "https://flags.example.com";
const checkout = {
  state: "ENABLED",
  variants: { old: "classic", new: "one-page" },
  defaultVariant: "old",
  targeting: { if: [{ "==": [{ var: "plan" }, "pro"] }, "new"] },
  metadata: { owner: "shop" },
};

async function start(options?: OfrepOptions, more: Partial<FlagsOptions<object>> = {}) {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch });
  const flags = createFlags(etcd, { prefix: "flags/", defaults: {}, ...more });
  const handle = createOfrepHandler(flags, options);
  await etcd.put("flags/checkout", JSON.stringify(checkout));
  await etcd.put("flags/limit", "20");
  const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> =>
    handle(
      new Request(`${base}/ofrep/v1/evaluate/flags${path}`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }),
    );
  return { memory, etcd, flags, handle, post };
}

async function answered(response: Promise<Response>): Promise<[number, unknown]> {
  const { status, text } = await response.then(async (got) => ({ status: got.status, text: await got.text() }));
  return [status, text === "" ? undefined : (JSON.parse(text) as unknown)];
}

describe("the OFREP handler, asked for one flag", () => {
  it("answers with value, variant, reason and metadata", async () => {
    const { post } = await start();
    expect(await answered(post("/checkout", { context: { targetingKey: "u", plan: "pro" } }))).toEqual([
      200,
      { key: "checkout", value: "one-page", variant: "new", reason: "TARGETING_MATCH", metadata: { owner: "shop" } },
    ]);
    expect(await answered(post("/limit", ""))).toEqual([
      200,
      { key: "limit", value: 20, reason: "STATIC", metadata: {} },
    ]);
  });

  it("leaves out the value where the program's own default is due", async () => {
    const { etcd, post } = await start();
    await etcd.put("flags/off", JSON.stringify({ ...checkout, state: "DISABLED" }));
    await etcd.put("flags/undecided", JSON.stringify({ state: "ENABLED", variants: { a: 1 } }));
    expect(await answered(post("/off"))).toEqual([
      200,
      { key: "off", reason: "DISABLED", metadata: { owner: "shop" } },
    ]);
    expect(await answered(post("/undecided"))).toEqual([200, { key: "undecided", reason: "DEFAULT", metadata: {} }]);
  });

  it("says in its codes why there is no value", async () => {
    const { etcd, post } = await start();
    await etcd.put("flags/broken", "no JSON");
    await etcd.put("flags/lost", JSON.stringify({ ...checkout, targeting: { cat: ["nowhere"] } }));
    await etcd.put("flags/a/b ü", "1");
    expect(await answered(post("/none"))).toMatchObject([404, { key: "none", errorCode: "FLAG_NOT_FOUND" }]);
    expect(await answered(post("/broken"))).toMatchObject([400, { key: "broken", errorCode: "PARSE_ERROR" }]);
    expect(await answered(post("/lost"))).toMatchObject([400, { key: "lost", errorCode: "GENERAL" }]);
    expect(await answered(post("/a%2Fb%20%C3%BC"))).toMatchObject([200, { key: "a/b ü", value: 1 }]);
    expect(await answered(post("/%E0%A4%A"))).toMatchObject([404, { errorCode: "FLAG_NOT_FOUND" }]);
    for (const body of ["no JSON", "[]", "1", '{"context":5}', '{"context":[]}']) {
      expect(await answered(post("/limit", body))).toMatchObject([400, { key: "limit", errorCode: "INVALID_CONTEXT" }]);
    }
    const large = JSON.stringify({ context: { text: "x".repeat(300_000) } });
    expect(await answered(post("/limit", large))).toMatchObject([413, { key: "limit", errorCode: "INVALID_CONTEXT" }]);
  });

  it("does not say that there is no such flag before etcd has answered", async () => {
    const { memory, post } = await start({ timeoutMs: 10 });
    memory.faults.drop(Infinity);
    expect(await answered(post("/checkout"))).toMatchObject([500, { key: "checkout", errorCode: "GENERAL" }]);
    expect(await answered(post(""))).toMatchObject([500, { errorCode: "GENERAL" }]);
  });

  it("answers other paths and methods with 404 and 405", async () => {
    const { handle } = await start({ basePath: "/api" });
    const status = async (path: string, method = "POST") =>
      (await handle(new Request(`${base}${path}`, { method }))).status;
    expect(await status("/api/ofrep/v1/evaluate/flags/limit")).toBe(200);
    expect(await status("/api/ofrep/v1/evaluate/flags/limit", "GET")).toBe(405);
    expect(await status("/api/ofrep/v1/events", "POST")).toBe(405);
    expect(await status("/ofrep/v1/evaluate/flags/limit")).toBe(404);
    expect(await status("/api/ofrep/v1/evaluate/flags/a/b")).toBe(404);
    expect(await status("/api/ofrep/v1/configuration")).toBe(404);
  });
});

describe("the OFREP handler, asked for all flags", () => {
  it("answers with each of them, good or not, and where changes are told", async () => {
    const { etcd, post } = await start();
    await etcd.put("flags/broken", "no JSON");
    expect(await answered(post("", { context: { plan: "pro" } }))).toEqual([
      200,
      {
        flags: [
          expect.objectContaining({ key: "broken", errorCode: "PARSE_ERROR" }),
          {
            key: "checkout",
            value: "one-page",
            variant: "new",
            reason: "TARGETING_MATCH",
            metadata: { owner: "shop" },
          },
          { key: "limit", value: 20, reason: "STATIC", metadata: {} },
        ],
        metadata: {},
        eventStreams: [{ type: "sse", endpoint: { requestUri: "/ofrep/v1/events" } }],
      },
    ]);
  });

  it("answers 304 where nothing has changed for this context", async () => {
    const { etcd, flags, post } = await start();
    const context = { context: { plan: "pro" } };
    const etag = (await post("", context)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const response = await post("", context, { "if-none-match": known });
      expect([response.status, await response.text(), response.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await post("", { context: { plan: "free" } }, { "if-none-match": etag })).status).toBe(200);
    await etcd.put("flags/limit", "30");
    await flags.refresh();
    expect((await post("", context, { "if-none-match": etag })).status).toBe(200);
  });

  it("knows what a client has been told of, though this program has not asked for it", async () => {
    const { etcd, flags, post } = await start();
    await flags.ready();
    await etcd.put("flags/limit", "30");
    expect(JSON.stringify(await answered(post("")))).toContain('"value":20');
    expect(JSON.stringify(await answered(post("?flagConfigEtag=another")))).toContain('"value":30');
  });
});

describe("the OFREP handler, by its options", () => {
  it("lets in whom `authorize` does", async () => {
    const { post } = await start({
      authorize(request) {
        const token = request.headers.get("authorization");
        if (token === "Bearer many") return { retryAfterSec: 6.2 };
        if (token === "Bearer broken") throw new Error("the secret of the server");
        return token === "Bearer none" ? 403 : token === "Bearer good";
      },
    });
    const asked = async (token: string) => post("/limit", {}, { authorization: `Bearer ${token}` });
    expect((await asked("good")).status).toBe(200);
    expect([(await asked("bad")).status, (await asked("none")).status]).toEqual([401, 403]);
    const many = await asked("many");
    expect([many.status, many.headers.get("retry-after")]).toEqual([429, "7"]);
    const [status, body] = await answered(asked("broken"));
    expect([status, JSON.stringify(body).includes("secret")]).toEqual([500, false]);
    expect(body).toMatchObject({ key: "limit", errorCode: "GENERAL" });
  });

  it("lets pages of the given origins read its answers", async () => {
    const { handle, post } = await start({ cors: ["https://app.example.com"] });
    const preflight = await handle(
      new Request(`${base}/ofrep/v1/evaluate/flags`, {
        method: "OPTIONS",
        headers: { origin: "https://app.example.com" },
      }),
    );
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "https://app.example.com",
    ]);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("if-none-match");
    const response = await post("", {}, { origin: "https://app.example.com" });
    expect(response.headers.get("access-control-expose-headers")).toMatch(/etag.*retry-after/);
    const other = await post("", {}, { origin: "https://evil.example" });
    expect([other.headers.get("access-control-allow-origin"), other.headers.get("vary")]).toEqual([null, "origin"]);
    const open = await start({ cors: "*" });
    expect((await open.post("", {}, { origin: "https://x.example" })).headers.get("access-control-allow-origin")).toBe(
      "*",
    );
  });

  it.each<[string, object, string]>([
    ["a name that is not one", { origins: [] }, 'createOfrepHandler: unknown option "origins"'],
    ["an origin with a path", { cors: ["https://a.example/x"] }, 'cors: expected "*" or a list of origins'],
    ["a path without a slash", { basePath: "api" }, "basePath: expected a path such as /api"],
    ["a function that is not one", { authorize: true }, "authorize: expected a function"],
    ["a number that is not one", { maxStreams: -1 }, "maxStreams: expected a number, 0 or more"],
  ])("refuses %s", async (_, options, message) => {
    await expect(start(options as OfrepOptions)).rejects.toThrow(message);
  });
});

describe("the OFREP handler's stream", () => {
  it("tells that flags have changed, and frees its watch when the client has gone", async () => {
    const { memory, etcd, flags, handle } = await start({ maxStreams: 1 });
    await flags.ready();
    const response = await handle(new Request(`${base}/ofrep/v1/events`));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    const second = await handle(new Request(`${base}/ofrep/v1/events`));
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "60"]);
    await until("it watches", () => memory.watchers === 1);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await etcd.put("flags/limit", "30");
    let text = "";
    while (!text.includes("refetchEvaluation")) text += (await reader?.read())?.value ?? "";
    const data: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "");
    expect(data).toEqual({ type: "refetchEvaluation", etag: flags.digest });
    expect(flags.find("limit")?.value).toBe(30);
    await reader?.cancel();
    await until("the watch is gone", () => memory.watchers === 0);
    expect((await handle(new Request(`${base}/ofrep/v1/events`))).status).toBe(200);
  });
});

describe("OpenFeature's server provider for OFREP", () => {
  it("reads flags from the handler", async () => {
    const { handle } = await start();
    const provider = new OFREPProvider({
      baseUrl: base,
      fetchImplementation: (input, init) => handle(new Request(input, init)),
    });
    await ServerSdk.setProviderAndWait("ofrep", provider);
    const client = ServerSdk.getClient("ofrep");
    expect(await client.getStringDetails("checkout", "x", { targetingKey: "u", plan: "pro" })).toMatchObject({
      value: "one-page",
      variant: "new",
      reason: "TARGETING_MATCH",
    });
    expect(await client.getNumberValue("limit", 1)).toBe(20);
    expect(await client.getNumberDetails("none", 7)).toMatchObject({ value: 7, errorCode: "FLAG_NOT_FOUND" });
    expect(await client.getStringDetails("limit", "x")).toMatchObject({ value: "x", errorCode: "TYPE_MISMATCH" });
  });
});
