import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd as Client } from "../../src/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { freePort } from "../ports.ts";
import { nodeRelease } from "../everywhere/node-release.ts";
import { startWorkerd, type Workerd } from "../workerd.ts";
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

  async function ask(query = "", headers: Record<string, string> = {}) {
    const response = await fetch(`${worker.url}/flags?${query}`, { headers });
    const text = await response.text();
    if (response.status >= 500) throw new Error(`${text}\n${worker.log()}`);
    return {
      status: response.status,
      etag: response.headers.get("etag") ?? "",
      flags: response.headers.get("x-flags"),
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
    };
  }

  /** Asks as a client would, now and then, until the Worker answers so. */
  const until = (what: string, is: (answer: Awaited<ReturnType<typeof ask>>) => boolean, query = "") =>
    poll(what, 20_000, async () => {
      const answer = await ask(query);
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
    expect(first).toMatchObject({
      status: 200,
      flags: "live",
      body: { banner: "", checkout: "classic", maxItems: 20 },
    });
    await etcd.put("flags/maxItems", "30");
    await etcd.put("flags/banner", '"hello"');
    const second = await until("the new values are there", ({ body }) => JSON.stringify(body).includes("hello"));
    expect(second).toMatchObject({ status: 200, flags: "live", body: { banner: "hello", maxItems: 30 } });
    expect(second.etag).not.toBe(first.etag);
  });

  it("answers 304 to a client that has these flags, until they change", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const { etag } = await ask();
    expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
    expect(await ask("", { "if-none-match": etag })).toMatchObject({ status: 304, etag, body: undefined });
    await etcd.put("flags/maxItems", "30");
    await until("the tag has changed", (answer) => answer.etag !== etag);
    expect(await ask("", { "if-none-match": etag })).toMatchObject({ status: 200, body: { maxItems: 30 } });
  });

  it("serves the last known flags while etcd is away, and new ones when it is back", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const { etag } = await ask();
    const [member] = rig.members;
    await member?.kill();
    const away = await until("the Worker has noticed", ({ flags }) => flags === "stale");
    expect(away).toMatchObject({ status: 200, etag, body: { maxItems: 20 } });
    await member?.start();
    await rig.waitReady();
    await etcd.put("flags/maxItems", "30");
    const back = await until("the new value is there", ({ flags }) => flags === "live");
    expect(back.status).toBe(200);
    await until("the new value is there", ({ body }) => JSON.stringify(body).includes("30"));
  });

  it("serves its defaults where there has never been an etcd", async () => {
    await start(`http://127.0.0.1:${await freePort()}`);
    const body = { banner: "", checkout: "classic", maxItems: 10 };
    expect(await ask()).toMatchObject({ status: 200, body });
    expect(await until("the Worker has given up", ({ flags }) => flags === "stale")).toMatchObject({ body });
  });

  it("loads flags for others, though the client that came first has gone", async () => {
    await etcd.put("flags/maxItems", "20");
    await start(rig.endpoints.join());
    const [member] = rig.members;
    member?.pause();
    const gone = new AbortController();
    const first = fetch(`${worker.url}/flags`, { signal: gone.signal });
    const second = ask();
    gone.abort();
    await expect(first).rejects.toThrow();
    member?.resume();
    expect((await second).status).toBe(200);
    await until("the flags are there", ({ body }) => JSON.stringify(body).includes("20"));
  });

  it("evaluates rules for the user who asks, many at a time", async () => {
    // As in the example's README.
    const checkout = {
      $flag: 1,
      variants: { old: "classic", new: "one-page" },
      rules: [{ if: [{ attribute: "plan", op: "=", value: "pro" }], variant: "new" }],
      split: [
        { variant: "new", percent: 10 },
        { variant: "old", percent: 90 },
      ],
    };
    await etcd.put("flags/checkout", JSON.stringify(checkout));
    await start(rig.endpoints.join());
    expect((await ask("user=u-1&plan=pro")).body).toMatchObject({ checkout: "one-page" });
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(`user=u-${i}`)));
    const chosen = answers.filter(({ body }) => JSON.stringify(body).includes("one-page")).length;
    expect(chosen).toBeGreaterThan(10);
    expect(chosen).toBeLessThan(60);
    const again = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(`user=u-${i}`)));
    expect(again.map(({ body }) => body)).toEqual(answers.map(({ body }) => body));
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
      const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/flags?user=u-1&plan=pro`)).text();
      expect(JSON.parse(await ask())).toEqual({ banner: "", checkout: "classic", maxItems: 20 });
      await etcd.put("flags/maxItems", "30");
      await poll("the new value is there", 20_000, async () => ((await ask()).includes("30") ? true : undefined));
    } finally {
      await wrangler.interrupt();
    }
  });
});
