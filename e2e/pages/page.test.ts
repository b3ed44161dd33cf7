import { build } from "esbuild";
import { chromium } from "playwright";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { serve } from "../../src/node/index.ts";
import { startEtcd } from "../etcd.ts";
import { findProgram } from "../everywhere/programs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a page does with the client; its result is the title. */
const program = `
  import { createEtcd } from "./src/index.ts";
  const endpoint = new URLSearchParams(location.search).get("etcd");
  async function work() {
    const etcd = createEtcd({ endpoints: endpoint });
    const watch = etcd.watch("color");
    await watch.ready;
    await etcd.put("color", "green");
    for await (const { entry } of watch) {
      await etcd.close();
      return entry.text();
    }
  }
  globalThis.putOffline = () => createEtcd({ endpoints: "http://etcd.test:2379" }).put("a", "1").catch((error) => error.reason + " " + error.outcome);
  work().then((text) => { document.title = text; }, (error) => { document.title = "failed: " + error.message; });
`;

it("A page with a strict CSP puts and watches, sends no cookie, stores nothing, and knows when it is offline", async () => {
  await using etcd = await startEtcd({ version: "3.5", cors: "*" });
  const endpoint = etcd.endpoints[0] ?? "";
  const stdin = { contents: program, resolveDir: root };
  const built = await build({ stdin, bundle: true, format: "esm", target: "es2022", write: false });
  const script = built.outputFiles[0]?.text ?? "";
  const policy = `default-src 'none'; script-src 'self'; connect-src ${endpoint}; require-trusted-types-for 'script'`;
  await using site = await serve((request) => {
    if (new URL(request.url).pathname === "/app.js") {
      return new Response(script, { headers: { "content-type": "text/javascript" } });
    }
    const html = `<!doctype html><title>at work</title><script type="module" src="/app.js"></script>`;
    return new Response(html, {
      headers: { "content-type": "text/html", "content-security-policy": policy, "set-cookie": "mine=1; Path=/" },
    });
  });
  const executablePath = await findProgram(["chromium"], "apt-get install chromium");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const sent: { method: string; cookie: string | undefined }[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(endpoint)) return;
      sent.push({ method: request.method(), cookie: request.headers()["cookie"] });
    });
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) complaints.push(message.text());
    });
    await page.goto(`${site.url}/?etcd=${encodeURIComponent(endpoint)}`);
    await page.waitForFunction(() => document.title !== "at work");
    expect(await page.title()).toBe("green");
    expect(complaints).toEqual([]);
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.filter(({ cookie }) => cookie !== undefined)).toEqual([]);
    expect(await page.evaluate(() => document.cookie)).toBe("mine=1");
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    await page.context().setOffline(true);
    expect(await page.evaluate("putOffline()")).toBe("Unreachable not-applied");
  } finally {
    await browser.close();
  }
});
