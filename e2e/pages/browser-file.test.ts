import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright";
import { expect as see } from "playwright/test";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { serve } from "../../src/node/index.ts";
import { launchBrowser } from "../browser.ts";
import { docExamples } from "../doc-examples.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { plainRequest } from "../plain-request.ts";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

describe("The file for pages without npm", () => {
  let etcd: Etcd;
  let browser: Browser;
  let page: string;
  beforeAll(async () => {
    [etcd, browser] = await Promise.all([startEtcd({ version: "3.5", cors: "*" }), launchBrowser("chromium")]);
    const [example] = await docExamples("docs/hosts.md", ["html"]);
    const integrity = (await readFile(join(dist, "fetcd.browser.js.sri"), "utf8")).trim();
    page = (example?.code ?? "")
      .replace("http://127.0.0.1:2379", etcd.endpoints[0] ?? "")
      .replace("sha384-…", integrity);
    const [key, value] = [btoa("greeting"), btoa("hello")];
    await plainRequest(`${etcd.endpoints[0]}/v3/kv/put`, { body: { key, value } });
  });
  afterAll(async () => {
    await browser?.close();
    await etcd?.close();
  });

  async function served(file: string): Promise<string> {
    const server = await serve(({ url }) => {
      const html = new URL(url).pathname === "/";
      return new Response(html ? page : file, { headers: { "content-type": html ? "text/html" : "text/javascript" } });
    });
    onTestFinished(() => server.close());
    return server.url;
  }

  it("is a client, on the page that the docs show", async () => {
    const tab = await browser.newPage();
    await tab.goto(await served(await readFile(join(dist, "fetcd.browser.js"), "utf8")));
    await see(tab.getByRole("status")).toHaveText("hello");
  });

  it("is refused by the browser where its content is not what the hash says", async () => {
    const tab = await browser.newPage();
    const refused = tab.waitForEvent("console", (message) => /integrity/i.test(message.text()));
    await tab.goto(await served(`${await readFile(join(dist, "fetcd.browser.js"), "utf8")} `));
    expect((await refused).text()).toContain("has been blocked");
    await see(tab.getByRole("status")).toHaveText("");
  });
});
