import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import type { ServedHandler } from "../../src/node/index.ts";
import { type BrowserName, launchBrowser } from "../browser.ts";
import { type Etcd as EtcdServer, startEtcd } from "../etcd.ts";
import { freeze } from "../freeze.ts";
import { poll } from "../poll.ts";
import { clientSite } from "./client-site.ts";

describe.each<BrowserName>(["chromium", "firefox"])("A page in %s", (name) => {
  let server: EtcdServer;
  let endpoint: string;
  /** Somebody else who works on the same cluster. */
  let other: Etcd;
  let site: ServedHandler;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startEtcd({ version: "3.5", cors: "*", v2: true }), launchBrowser(name)]);
    endpoint = server.endpoints[0] ?? "";
    other = createEtcd({ endpoints: endpoint });
    site = await clientSite([endpoint, "http://etcd.test:2379"]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await other?.close();
    await server?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());

  async function open(url: string = site.url): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => "fetcd" in globalThis);
    return page;
  }

  /** A watch of `prefix` that writes what it sees into the page. */
  async function watch(page: Page, prefix: string): Promise<void> {
    await page.evaluate(
      async ([at = "", below = ""]) => {
        const etcd = fetcd.createEtcd({ endpoints: at, pageLifecycle: window });
        const watching = etcd.watch({ prefix: below });
        await watching.ready;
        void (async () => {
          for await (const { entry } of watching) document.body.append(`${entry.text()} `);
        })();
      },
      [endpoint, prefix],
    );
  }
  const seen = (page: Page): Promise<string> => page.evaluate(() => document.body.textContent.trim());
  const sees = (page: Page, texts: string): Promise<unknown> =>
    poll(`the page sees ${texts}`, 20_000, async () => ((await seen(page)) === texts ? true : undefined));

  it("with a strict CSP puts and watches, sends no cookie and stores nothing", async () => {
    const page = await context.newPage();
    const sent: { method: string; cookie: string | undefined }[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(endpoint)) return;
      sent.push({ method: request.method(), cookie: request.headers()["cookie"] });
    });
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (/content.security.policy/i.test(message.text())) complaints.push(message.text());
    });
    await page.goto(site.url);
    await page.waitForFunction(() => "fetcd" in globalThis);
    const text = await page.evaluate(async (at) => {
      const etcd = fetcd.createEtcd({ endpoints: at });
      const watching = etcd.watch("color");
      await watching.ready;
      await etcd.put("color", "green");
      const { value } = await watching[Symbol.asyncIterator]().next();
      await etcd.close();
      return (value as { entry: { text(): string } }).entry.text();
    }, endpoint);
    expect(text).toBe("green");
    expect(complaints).toEqual([]);
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.filter(({ cookie }) => cookie !== undefined)).toEqual([]);
    expect(await page.evaluate(() => document.cookie)).toBe("mine=1");
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  });

  it("B30: that its policy keeps from etcd leaves the outcome of a write unknown", async () => {
    await using shut = await clientSite([]);
    const page = await open(shut.url);
    const said = await put(page, "b30-policy");
    expect(said).toMatch(/^Unreachable unknown /);
    expect(await other.get("b30-policy")).toBeNull();
  });

  it("B30: whose origin CORS refuses leaves the outcome of a write unknown: etcd has done it", async () => {
    await using closed = await startEtcd({ version: "3.5", cors: "http://elsewhere.test:1" });
    await using inside = createEtcd({ endpoints: closed.endpoints });
    await using open_ = await clientSite(closed.endpoints);
    const page = await open(open_.url);
    expect(await put(page, "b30-cors", closed.endpoints[0])).toMatch(/^Unreachable unknown /);
    expect(await inside.get("b30-cors")).not.toBeNull();
  });

  async function put(page: Page, key: string, at: string = endpoint): Promise<string> {
    return page.evaluate(
      async ([to = "", what = ""]) => {
        const etcd = fetcd.createEtcd({ endpoints: to });
        try {
          await etcd.put(what, "1");
          return "put";
        } catch (error) {
          if (!fetcd.EtcdError.is(error)) return String(error);
          return `${error.reason} ${error.outcome} ${error.message}`;
        } finally {
          await etcd.close();
        }
      },
      [at, key],
    );
  }

  it("B29, D26: that is offline writes nothing, and reads and watches go on once it is back", async () => {
    const page = await open();
    await watch(page, "b29/");
    await other.put("b29/a", "1");
    await sees(page, "1");
    await context.setOffline(true);
    expect(await page.evaluate(() => navigator.onLine)).toBe(false);
    expect(await put(page, "b29-offline", "http://etcd.test:2379")).toMatch(/^Unreachable not-applied /);
    await page.evaluate((at) => {
      const etcd = fetcd.createEtcd({ endpoints: at, timeoutMs: 60_000 });
      void etcd.get("b29/b").then((entry) => (document.title = entry?.text() ?? "none"));
    }, endpoint);
    await other.put("b29/b", "2");
    expect(await seen(page)).toBe("1");
    expect(await page.title()).toBe("page");
    await context.setOffline(false);
    await sees(page, "1 2");
    await poll("the read is answered", 20_000, async () => ((await page.title()) === "2" ? true : undefined));
  });

  it("D23, D34: beside another one, with 20 watches in each, still writes, and each sees all", async () => {
    const pages = [await open(), await open()];
    for (const page of pages) {
      await page.evaluate(async (at) => {
        const etcd = fetcd.createEtcd({ endpoints: at });
        const keys = Array.from({ length: 20 }, (_, i) => `d23/${i}`);
        const watches = keys.map((key) => etcd.watch(key));
        await Promise.all(watches.map(({ ready }) => ready));
        for (const each of watches) {
          void (async () => {
            for await (const { entry } of each) document.body.append(`${entry.text()} `);
          })();
        }
      }, endpoint);
    }
    for (const [i, page] of pages.entries()) {
      for (let k = i; k < 20; k += 2) expect(await put(page, `d23/${k}`)).toBe("put");
    }
    for (const page of pages) await sees(page, Array.from({ length: 20 }, () => "1").join(" "));
  });

  it("H7: that cannot read the headers of v2 takes indexes from bodies, and its watch loses nothing", async () => {
    const page = await open();
    const {
      from,
      same,
      seen: values,
    } = await page.evaluate(async (at) => {
      const etcd = fetcd.createEtcdV2({ endpoints: at });
      const { node, etcdIndex, etcdIndexFrom } = await etcd.set("/h7", "1");
      const watching = etcd.watch("/h7");
      await watching.ready;
      await etcd.set("/h7", "2");
      await etcd.set("/h7", "3");
      const next = async (): Promise<unknown> => (await watching.next()).value?.node.value;
      const both = [await next(), await next()];
      await etcd.close();
      return { from: etcdIndexFrom, same: etcdIndex === node.modifiedIndex, seen: both };
    }, endpoint);
    expect({ from, same, values }).toEqual({ from: "node", same: true, values: ["2", "3"] });
  });

  it("E29: that is closed leaves its session's keys for the TTL, no longer", async () => {
    const page = await open();
    const id = await page.evaluate(async (at) => {
      const etcd = fetcd.createEtcd({ endpoints: at });
      const held = await fetcd.session(etcd, { ttl: 2 });
      await etcd.put("e29", "here", { lease: held.leaseId });
      return String(held.leaseId);
    }, endpoint);
    expect(await other.lease.list()).toContain(BigInt(id));
    await page.close();
    await poll("the key is gone", 30_000, async () => ((await other.has("e29")) ? undefined : true));
    expect(await other.lease.list()).not.toContain(BigInt(id));
  });

  it("D26: that is told it is left, and come back to, sees what happened meanwhile", async () => {
    const page = await open();
    await watch(page, "d26/");
    await other.put("d26/a", "1");
    await sees(page, "1");
    // As the platform tells it when a page goes into the cache for going back, and comes out.
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    await other.put("d26/b", "2");
    await other.put("d26/c", "3");
    expect(await seen(page)).toBe("1");
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await sees(page, "1 2 3");
  });

  // Its process is found, and stopped, by the protocol of Chromium's tools.
  const inChromium = name === "chromium" ? it : undefined;
  inChromium?.("D26, E11: that stood still sees what happened, and its session is lost", async () => {
    const page = await open();
    await watch(page, "still/");
    const id = await page.evaluate(async (at) => {
      const etcd = fetcd.createEtcd({ endpoints: at });
      const held = await fetcd.session(etcd, { ttl: 2 });
      void held.lost.then((error) => (document.title = error.reason));
      return BigInt(held.leaseId).toString();
    }, endpoint);
    const tools = await browser.newBrowserCDPSession();
    const { processInfo } = await tools.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer").map((each) => each.id);
    expect(renderers.length).toBeGreaterThan(0);
    for (const pid of renderers) freeze(pid);
    try {
      await other.put("still/a", "1");
      await poll("the lease has ended", 30_000, async () =>
        (await other.lease.list()).includes(BigInt(id)) ? undefined : true,
      );
      await other.put("still/b", "2");
    } finally {
      for (const pid of renderers) process.kill(pid, "SIGCONT");
    }
    await sees(page, "1 2");
    await poll("the loss is told", 20_000, async () => ((await page.title()) === "page" ? undefined : true));
    expect(["SessionExpired", "LeaseNotFound"]).toContain(await page.title());
  });
});
