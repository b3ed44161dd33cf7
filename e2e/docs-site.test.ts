import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sitePages } from "../scripts/docs-site/site-pages.ts";
import { launchBrowser } from "./browser.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What people in trouble type, who do not know what it is called here, and the heading that answers. */
const symptoms: Readonly<Record<string, readonly string[]>> = {
  "CORS error in the console": [
    "CORS error in the console",
    "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
    "TypeError: Failed to fetch",
    "NetworkError when attempting to fetch resource.",
    "fetch from browser to etcd fails cross origin",
  ],
  "A call hangs for 10 seconds": [
    "hangs 10 s",
    "request never returns",
    "it takes 10 seconds until it fails",
    "[deadline_exceeded] no connection (ECONNREFUSED)",
  ],
  "404 page not found": [
    "404 page not found",
    "HTTP 404 on /v3/kv/range",
    "not an etcd JSON gateway?",
    "etcd returns 404",
  ],
  "BigInt cannot be serialized": [
    "BigInt cannot be serialized",
    "TypeError: Do not know how to serialize a BigInt",
    "revision is bigint, how to convert to number",
    "Response.json throws BigInt",
  ],
  "expected bytes, got object": [
    "expected bytes, got object",
    "[invalid_argument] PutRequest.key: expected bytes, got object",
    "put an object as value",
    "jsdom Uint8Array not instance of Uint8Array",
  ],
  "Must use import to load ES Module": [
    "Must use import to load ES Module",
    "SyntaxError: Unexpected token 'export'",
    "Error [ERR_REQUIRE_ESM]: require() of ES Module not supported",
    "jest does not work",
  ],
  "A watch ends after 5 minutes": [
    "watch ends after 5 minutes",
    "watch stops receiving events",
    "watch disconnects every 300 seconds",
    "idle stream timeout nginx",
  ],
  "The port is ignored in Workers": [
    "port is ignored in Workers",
    "cloudflare worker connects to port 443 instead of 2379",
    "worker cannot connect to custom port",
    "compatibility_date",
  ],
  "PermissionDenied on _fetcd/op/": [
    "PermissionDenied on _fetcd/op/",
    "etcdserver: permission denied",
    "user can write key but permission denied",
    "_fetcd/op",
  ],
  AuthNotEnabled: ["AuthNotEnabled", "etcdserver: authentication is not enabled", "login fails, etcd without auth"],
};

/** What people type who look for a topic or a name, and the result that they want. */
const topics: Readonly<Record<string, string>> = {
  withLock: "fetcd.withLock",
  createEtcd: "fetcd.createEtcd",
  "leader election": "Locks and elections: Elections",
  "fencing token": "Locks and elections: Fencing tokens: the lock holds where the write happens",
  etcdctl: "Command line: Differences from etcdctl",
  "keys that expire": "Keys, transactions, leases: Keys that expire (leases and TTLs)",
  "put with a ttl": "Keys, transactions, leases: Keys that expire (leases and TTLs)",
  lock: "Locks and elections: Hold a lock",
  jsdom: "Runtimes: In jsdom, happy-dom, iframes and Electron",
  "docker compose": "Servers: Docker Compose, with CORS and authentication",
  kubernetes: "Servers: Kubernetes",
  useSyncExternalStore: "Frameworks: React",
  OpenTelemetry: "Observability: Traces with OpenTelemetry",
  prometheus: "Observability: Metrics with Prometheus",
};

const searches = [
  ...Object.entries(symptoms).flatMap(([title, typed]) =>
    typed.map((text) => [text, `Troubleshooting: ${title}`] as const),
  ),
  ...Object.entries(topics),
];

describe("The site of the docs", () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fetcd-site-"));
    const built = run("npm", ["run", "--silent", "docs", "--", folder], { cwd: root });
    browser = await launchBrowser("chromium");
    page = await browser.newPage();
    const { code, stdout, stderr } = await built;
    expect({ code, said: stdout + stderr }).toMatchObject({ code: 0 });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the search of the first page, which is read from the disk. */
  async function openSearch(): Promise<void> {
    await page.goto(pathToFileURL(join(folder, "index.html")).href);
    await page.click("#tsd-search-trigger");
  }

  it("answers each symptom and each topic among the first three results", async () => {
    await openSearch();
    // The records are there once something is found.
    await page.fill("#tsd-search-input", "etcd");
    await page.locator("#tsd-search-results a").first().waitFor();
    const missed: object[] = [];
    for (const [typed, wanted] of searches) {
      await page.fill("#tsd-search-input", typed);
      const names = await page.locator("#tsd-search-results .text").allTextContents();
      if (!names.slice(0, 3).includes(wanted)) missed.push({ typed, wanted, found: names.slice(0, 5) });
    }
    expect(missed).toEqual([]);
  });

  it("leads from a result to the heading that answers", async () => {
    await openSearch();
    await page.fill("#tsd-search-input", "CORS error in the console");
    await page.locator("#tsd-search-results a", { hasText: "Troubleshooting: CORS error" }).click();
    await page.getByRole("heading", { name: "CORS error in the console" }).waitFor();
    expect(page.url()).toMatch(/^file:.*\/documents\/Troubleshooting\.html#cors-error-in-the-console$/);
  });

  it("leads there by the keys alone, from a page in a folder too", async () => {
    await page.goto(pathToFileURL(join(folder, "documents/Watch.html")).href);
    await page.keyboard.press("/");
    await page.locator("#tsd-search-input").waitFor();
    await page.fill("#tsd-search-input", "withLock");
    await page.locator("#tsd-search-results a").first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/functions\/fetcd\.withLock\.html$/);
  });

  it("says so where nothing is found", async () => {
    await openSearch();
    await page.fill("#tsd-search-input", "zzyzx");
    await page.getByText("No results found for “zzyzx”").waitFor();
  });

  it("has each page of docs", async () => {
    const inDocs = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"));
    const listed = sitePages.map(({ path }) => path);
    expect(inDocs.map((name) => `docs/${name}`).filter((path) => !listed.includes(path))).toEqual([]);
    expect(await readdir(join(folder, "documents"))).toHaveLength(sitePages.length);
  });

  it("leads to files and headings that are there, and to no page that is not in the site", async () => {
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".html"));
    const texts = new Map(
      await Promise.all(
        names.map(async (name) => [join(folder, name), await readFile(join(folder, name), "utf8")] as const),
      ),
    );
    const ids = new Map(
      [...texts].map(([file, text]) => [file, new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))]),
    );
    const faults: string[] = [];
    for (const [file, text] of texts) {
      for (const [, link = ""] of text.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        if (/^https?:/.test(link)) continue;
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? file : resolve(file, "..", decodeURIComponent(path));
        const found = ids.get(target);
        if (found === undefined || (anchor && !found.has(decodeURIComponent(anchor)))) faults.push(`${file}: ${link}`);
      }
    }
    expect(texts.size).toBeGreaterThan(100);
    expect(faults).toEqual([]);
  });
});
