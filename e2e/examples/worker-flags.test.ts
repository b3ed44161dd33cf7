import { fileURLToPath } from "node:url";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as ServerSdk } from "@openfeature/server-sdk";
import { OpenFeature as WebSdk, ProviderEvents as WebEvents } from "@openfeature/web-sdk";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd as Client } from "../../src/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { freePort } from "../ports.ts";
import { nodeRelease } from "../everywhere/node-release.ts";
import { startWorkerd, type Workerd } from "../start-workerd.ts";
import { startScript } from "./script.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The Worker as a user's bundler makes it of the example. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}/examples/worker-flags/worker.ts`],
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

describe("examples/worker-flags, in workerd", () => {
  let rig: Etcd;
  let etcd: Client;
  let worker: Workerd;

  async function start(endpoints: string): Promise<void> {
    worker = await startWorkerd({
      code: await bundled(),
      bindings: { ETCD_ENDPOINTS: endpoints, FLAGS_TTL: "1" },
    });
  }

  /** Asks for all flags, as a client of OFREP does. */
  async function ask(context: object = {}, headers: Record<string, string> = {}) {
    const response = await fetch(`${worker.url}/ofrep/v1/evaluate/flags`, {
      method: "POST",
      body: JSON.stringify({ context }),
      headers: { "content-type": "application/json", ...headers },
    });
    const text = await response.text();
    const body = text === "" ? undefined : (JSON.parse(text) as { flags?: { key: string; value: unknown }[] });
    const values = Object.fromEntries(body?.flags?.map(({ key, value }) => [key, value]) ?? []);
    const reasons = JSON.stringify(body?.flags?.map((flag) => Reflect.get(flag, "reason")));
    return { status: response.status, etag: response.headers.get("etag") ?? "", reasons, values, body };
  }

  /** Asks as a client would, now and then, until the Worker answers so. */
  const until = (what: string, is: (answer: Awaited<ReturnType<typeof ask>>) => boolean, context: object = {}) =>
    poll(what, 20_000, async () => {
      const answer = await ask(context);
      return is(answer) ? answer : undefined;
    });

  beforeEach(async () => {
    rig = await startEtcd({ version: "3.5" });
    etcd = createEtcd({ endpoints: rig.endpoints });
  });
  afterEach(async () => {
    await worker.close();
    await etcd.close();
    await rig.close();
  });

  it("answers with the flags in etcd, and with new ones when their time is over", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const first = await ask();
    expect(first).toMatchObject({ status: 200, values: { maxItems: 20 } });
    await etcd.put("flags/maxItems", "30");
    await etcd.put("flags/banner", '"hello"');
    const second = await until("the new values are there", ({ values }) => values["banner"] === "hello");
    expect(second).toMatchObject({ status: 200, values: { banner: "hello", maxItems: 30 } });
    expect(second.etag).not.toBe(first.etag);
  });

  it("answers 304 to a client that has these flags, until they change", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const { etag } = await ask();
    expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
    expect(await ask({}, { "if-none-match": etag })).toMatchObject({ status: 304, etag, body: undefined });
    await etcd.put("flags/maxItems", "30");
    await until("the tag has changed", (answer) => answer.etag !== etag);
    expect(await ask({}, { "if-none-match": etag })).toMatchObject({ status: 200, values: { maxItems: 30 } });
  });

  it("serves the last known flags while etcd is away, and new ones when it is back", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    await ask();
    const [member] = rig.members;
    await member?.kill();
    const away = await until("the Worker has noticed", ({ reasons }) => reasons.includes("STALE"));
    expect(away).toMatchObject({ status: 200, values: { maxItems: 20 } });
    await member?.start();
    await rig.waitReady();
    await etcd.put("flags/maxItems", "30");
    const back = await until("the new value is there", ({ values }) => values["maxItems"] === 30);
    expect(back.reasons).toBe('["STATIC"]');
  });

  it("says that it does not know where there has never been an etcd", async () => {
    await start(`http://127.0.0.1:${await freePort()}`);
    expect(await ask()).toMatchObject({ status: 500, body: { errorCode: "GENERAL" } });
  });

  it("loads flags for others, though the client that came first has gone", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const [member] = rig.members;
    member?.pause();
    const gone = new AbortController();
    const first = fetch(`${worker.url}/ofrep/v1/evaluate/flags`, { method: "POST", signal: gone.signal });
    const second = ask();
    gone.abort();
    await expect(first).rejects.toThrow();
    member?.resume();
    await second;
    await until("the flags are there", ({ values }) => values["maxItems"] === 20);
  });

  it("evaluates targeting for the user who asks, many at a time", async () => {
    // As in the example's README.
    const checkout = {
      state: "ENABLED",
      variants: { old: "classic", new: "one-page" },
      defaultVariant: "old",
      targeting: {
        if: [
          { "==": [{ var: "plan" }, "pro"] },
          "new",
          {
            fractional: [
              ["new", 10],
              ["old", 90],
            ],
          },
        ],
      },
    };
    await etcd.put("flags/checkout", JSON.stringify(checkout));
    await start(rig.endpoints.join());
    expect((await ask({ targetingKey: "u-1", plan: "pro" })).values).toEqual({ checkout: "one-page" });
    const users = Array.from({ length: 300 }, (_, i) => ({ targetingKey: `u-${i}` }));
    const answers = await Promise.all(users.map((user) => ask(user)));
    const chosen = answers.filter(({ values }) => values["checkout"] === "one-page").length;
    expect(chosen).toBeGreaterThan(10);
    expect(chosen).toBeLessThan(60);
    const again = await Promise.all(users.map((user) => ask(user)));
    expect(again.map(({ values }) => values)).toEqual(answers.map(({ values }) => values));
  });

  it("serves OpenFeature's server provider", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    await ServerSdk.setProviderAndWait("worker", new OFREPProvider({ baseUrl: worker.url }));
    const client = ServerSdk.getClient("worker");
    expect(await client.getNumberDetails("maxItems", 1, { targetingKey: "u" })).toMatchObject({
      value: 20,
      reason: "STATIC",
    });
    expect(await client.getNumberDetails("none", 7)).toMatchObject({ value: 7, errorCode: "FLAG_NOT_FOUND" });
    await etcd.put("flags/maxItems", "30");
    await poll(
      "the change is seen",
      20_000,
      async () => (await client.getNumberValue("maxItems", 1)) === 30 || undefined,
    );
  });

  it("serves OpenFeature's web provider, which sees a change, and gets 304 if there is no change", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const statuses: number[] = [];
    const ofrep = new OFREPWebProvider({
      baseUrl: worker.url,
      pollInterval: 300,
      changeDetection: "polling",
      cacheMode: "disabled",
      fetchImplementation: async (input, init) => {
        const response = await fetch(input, init);
        statuses.push(response.status);
        return response;
      },
    });
    // Without hooks of its own, which its types say with an `undefined` that those of the SDK do not take.
    const provider = Object.assign(ofrep, { hooks: [] });
    await WebSdk.setContext({ targetingKey: "u" });
    await WebSdk.setProviderAndWait("worker", provider);
    try {
      const client = WebSdk.getClient("worker");
      expect(client.getNumberDetails("maxItems", 1)).toMatchObject({ value: 20, reason: "STATIC" });
      await poll("nothing has changed", 20_000, async () => statuses.includes(304) || undefined);
      const changed = new Promise<readonly string[] | undefined>((resolve) =>
        client.addHandler(WebEvents.ConfigurationChanged, (details) => resolve(details?.flagsChanged)),
      );
      await etcd.put("flags/maxItems", "30");
      expect(await changed).toEqual(["maxItems"]);
      expect(client.getNumberValue("maxItems", 1)).toBe(30);
    } finally {
      await WebSdk.close();
    }
  });

  it("tells a client of a change as it happens", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    await ask();
    const leave = new AbortController();
    const response = await fetch(`${worker.url}/ofrep/v1/events`, { signal: leave.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let [text, value] = ["", 20];
    while (!text.includes("refetchEvaluation")) {
      // The watch may not be there yet when the first change comes: then it is told of that one as it begins.
      if (text !== "" || value === 20) await etcd.put("flags/maxItems", `${(value += 1)}`);
      text += (await reader?.read())?.value ?? "";
    }
    const { etag } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "") as { etag: string };
    leave.abort();
    const again = await fetch(`${worker.url}/ofrep/v1/evaluate/flags?flagConfigEtag=${etag}`, { method: "POST" });
    expect(await again.text()).toMatch(/"value":2[1-9]/);
  });
});

describe("examples/worker-flags, started as its README says", () => {
  it("serves what is in etcd, by wrangler dev", async () => {
    await using rig = await startEtcd({ version: "3.5" });
    await using etcd = createEtcd({ endpoints: rig.endpoints });
    await etcd.put("flags/maxItems", "20");
    const port = await freePort();
    // Beside what the README says: where etcd is, and where to listen. Wrangler refuses Node 20.
    const places = ["--port", `${port}`, "--var", `ETCD_ENDPOINTS:${rig.endpoints.join()}`, "--var", "FLAGS_TTL:1"];
    const wrangler = startScript(
      await nodeRelease("24"),
      [`${root}/node_modules/wrangler/bin/wrangler.js`, "dev", ...places],
      {
        cwd: `${root}/examples/worker-flags`,
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
      },
    );
    try {
      await wrangler.line(/Ready on/);
      const url = `http://127.0.0.1:${port}/ofrep/v1/evaluate/flags/maxItems`;
      const body = '{"context":{"targetingKey":"u-1"}}';
      const ask = async (): Promise<string> => (await fetch(url, { method: "POST", body })).text();
      expect(JSON.parse(await ask())).toEqual({ key: "maxItems", value: 20, reason: "STATIC", metadata: {} });
      await etcd.put("flags/maxItems", "30");
      await poll("the new value is there", 20_000, async () => ((await ask()).includes("30") ? true : undefined));
    } finally {
      await wrangler.interrupt();
    }
  });
});
