import { fileURLToPath } from "node:url";
import type { Browser } from "playwright";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFlags, createOfrepHandler, type Flags } from "../../src/flags/index.ts";
import { createEtcd, type Etcd as Client } from "../../src/index.ts";
import { serve, type ServedHandler } from "../../src/node/index.ts";
import { launchBrowser } from "../browser.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { freePort } from "../ports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A page whose React components ask OpenFeature's SDK, with one of two providers. */
const program = `
  import { OpenFeature, OpenFeatureProvider, useNumberFlagDetails, useStringFlagValue } from "@openfeature/react-sdk";
  import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
  import { createElement } from "react";
  import { createRoot } from "react-dom/client";
  import { createEtcd } from "./src/index.ts";
  import { createFlags } from "./src/flags/index.ts";
  import { createWebProvider } from "./src/openfeature/index.ts";

  const etcd = new URLSearchParams(location.search).get("etcd");
  const ofEtcd = () => createFlags(createEtcd({ endpoints: etcd }), { prefix: "flags/", defaults: {}, mode: "watch" });
  await OpenFeature.setContext({ targetingKey: "u", plan: "pro" });
  OpenFeature.setProvider(etcd === null ? new OFREPWebProvider({ baseUrl: location.origin }) : createWebProvider(ofEtcd()));

  function Shown() {
    const checkout = useStringFlagValue("checkout", "none");
    const { value, reason } = useNumberFlagDetails("limit", 1);
    return createElement("p", null, [checkout, value, reason].join());
  }
  createRoot(document.body).render(createElement(OpenFeatureProvider, null, createElement(Shown)));
`;

describe("flags in a page, by OpenFeature's SDK for React", () => {
  let server: Etcd;
  let etcd: Client;
  let flags: Flags<object>;
  let site: ServedHandler;
  let browser: Browser;
  const asked: string[] = [];

  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: root },
      bundle: true,
      format: "esm",
      target: "es2022",
      define: { "process.env.NODE_ENV": '"production"' },
      write: false,
    });
    const port = await freePort();
    server = await startEtcd({ version: "3.5", cors: `http://127.0.0.1:${port}` });
    etcd = createEtcd({ endpoints: server.endpoints });
    flags = createFlags(etcd, { prefix: "flags/", defaults: {} });
    const ofrep = createOfrepHandler(flags);
    site = await serve(
      async (request) => {
        const { pathname } = new URL(request.url);
        const file = (body: string, type: string) => new Response(body, { headers: { "content-type": type } });
        if (pathname === "/page.js") return file(outputFiles[0]?.text ?? "", "text/javascript");
        if (pathname === "/") return file('<body></body><script type="module" src="/page.js"></script>', "text/html");
        asked.push(pathname);
        return ofrep(request);
      },
      { port },
    );
    browser = await launchBrowser("chromium");
    const variants = { old: "classic", new: "one-page" };
    const targeting = { if: [{ "==": [{ var: "plan" }, "pro"] }, "new"] };
    const checkout = { state: "ENABLED", variants, defaultVariant: "old", targeting };
    await etcd.put("flags/checkout", JSON.stringify(checkout));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    await flags.close();
    await etcd.close();
    await server.close();
  });

  it.each([
    ["its provider for OFREP, told of changes by server-sent events", (): string => "/"],
    ["fetcd's own provider", (): string => `/?etcd=${encodeURIComponent(server.endpoints[0] ?? "")}`],
  ])("are shown, and change as etcd does: %s", async (_, path) => {
    await etcd.put("flags/limit", "20");
    await flags.refresh();
    const page = await browser.newPage();
    const failures: string[] = [];
    page.on("pageerror", (error) => failures.push(String(error)));
    await page.goto(site.url + path());
    await page.getByText("one-page,20,STATIC").waitFor();
    if (path() === "/") await expect.poll(() => asked).toContain("/ofrep/v1/events");
    await etcd.put("flags/limit", "30");
    await page.getByText("one-page,30,STATIC").waitFor();
    expect(failures).toEqual([]);
    await page.close();
  });
});
