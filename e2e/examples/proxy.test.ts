import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, type ServedHandler } from "../../src/node/index.ts";
import { launchBrowser } from "../browser.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { startWorkerd, type Workerd } from "../start-workerd.ts";

const folder = fileURLToPath(new URL("../../examples/proxy", import.meta.url));

async function bundled(file: string): Promise<string> {
  const entryPoints = [`${folder}/${file}`];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", target: "es2022", write: false });
  return outputFiles[0]?.text ?? "";
}

describe("examples/proxy, in workerd, with a page in Chromium", () => {
  let etcd: Etcd;
  let worker: Workerd;
  let site: ServedHandler;
  let browser: Browser;

  beforeAll(async () => {
    [etcd, browser] = await Promise.all([startEtcd({ version: "3.5" }), launchBrowser("chromium")]);
    const [html, script] = await Promise.all([readFile(`${folder}/public/index.html`, "utf8"), bundled("page.ts")]);
    // What wrangler does: assets first, then the Worker.
    site = await serve(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/") return new Response(html, { headers: { "content-type": "text/html" } });
      if (pathname === "/page.js") return new Response(script, { headers: { "content-type": "text/javascript" } });
      const { method, headers, signal } = request;
      return fetch(worker.url + pathname, { method, headers, signal, body: await request.text() });
    });
    const bindings = {
      ETCD_ENDPOINTS: etcd.endpoints.join(),
      ORIGIN: site.url,
      USERS: '{"ann":"a","bob":"b"}',
      SESSION_KEY: "the key of sessions",
      LEASE_KEY: "the key of leases",
    };
    worker = await startWorkerd({ code: await bundled("worker.ts"), bindings });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await worker?.close();
    await etcd?.close();
  });

  async function open(user: string, password: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(site.url);
    await page.getByLabel("user").fill(user);
    await page.getByLabel("password").fill(password);
    await page.getByRole("button", { name: "Log in" }).click();
    return page;
  }

  async function write(page: Page, text: string, owner = ""): Promise<void> {
    await page.getByLabel("note").fill(text);
    await page.getByLabel("owner").fill(owner);
    await page.getByRole("button", { name: "Write" }).click();
  }

  it("each user writes their own notes, and sees those of all", async () => {
    const [ann, bob] = [await open("ann", "a"), await open("bob", "b")];
    await write(ann, "hello");
    await bob.getByText(/^notes\/ann\/\d+: hello$/).waitFor();
    await write(bob, "forged", "ann");
    await bob.getByText("permission denied").waitFor();
    await write(bob, "hi");
    await ann.getByText(/^notes\/bob\/\d+: hi$/).waitFor();
    expect(await ann.getByRole("listitem").count()).toBe(2);
  });

  it("strangers, and other pages, get nowhere", async () => {
    const page = await open("ann", "wrong");
    await page.getByText("who are you?").waitFor();
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${worker.url}/etcd/v3/kv/range`, { method: "POST", body: '{"key":"AA==","range_end":"AA=="}', headers });
    expect((await post({})).status).toBe(401);
    expect((await post({ cookie: `session=ann~${Date.now() + 1e6}~00` })).status).toBe(401);
    expect((await post({ origin: "https://evil.example" })).status).toBe(403);
  });
});
