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

/** What people type who do not know what it is called here, and the page that answers. */
const searches: readonly (readonly [typed: string, page: string])[] = [
  ["CORS error in the console", "Troubleshooting"],
  ["hangs 10 s", "Troubleshooting"],
  ["404 page not found", "Troubleshooting"],
  ["BigInt cannot be serialized", "Troubleshooting"],
  ["TypeError: Do not know how to serialize a BigInt", "Troubleshooting"],
  ["expected bytes, got object", "Troubleshooting"],
  ["Must use import to load ES Module", "Troubleshooting"],
  ["watch ends after 5 minutes", "Troubleshooting"],
  ["port is ignored in Workers", "Troubleshooting"],
  ["PermissionDenied on _fetcd/op/", "Troubleshooting"],
  ["AuthNotEnabled", "Troubleshooting"],
  ["withLock", "withLock"],
  ["leader election", "Locks and elections"],
  ["fencing token", "Locks and elections"],
  ["etcdctl", "Command line"],
  ["keys that expire", "Keys, transactions, leases"],
  ["jsdom", "Runtimes"],
  ["docker compose", "Servers"],
  ["useSyncExternalStore", "Frameworks"],
  ["OpenTelemetry", "Observability"],
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

  /** Types into the search of the first page, which is opened from the disk. */
  async function search(text: string): Promise<void> {
    await page.goto(pathToFileURL(join(folder, "index.html")).href);
    await page.click("#tsd-search-trigger");
    await page.fill("#tsd-search-input", text);
  }

  async function firstResults(): Promise<string[]> {
    const names = await page.locator("#tsd-search-results .text").allTextContents();
    return names.slice(0, 5).map((name) => name.trim().replace(/^.*\.\s*/s, ""));
  }

  it.each(searches)("has for “%s” among the first five results: %s", async (text, title) => {
    await search(text);
    // The list is made anew while words come in.
    await expect.poll(firstResults, { timeout: 15_000 }).toContain(title);
  });

  it("leads from a result to its page", async () => {
    await search("CORS error in the console");
    await page.locator("#tsd-search-results a", { hasText: "Troubleshooting" }).click();
    await page.getByRole("heading", { name: "CORS error in the console" }).waitFor();
    expect(page.url()).toMatch(/^file:.*\/documents\/Troubleshooting\.html$/);
  });

  it("says so where nothing is found", async () => {
    await page.goto(pathToFileURL(join(folder, "index.html")).href);
    await page.click("#tsd-search-trigger");
    await page.fill("#tsd-search-input", "zzyzx");
    await page.getByText("No results found").waitFor();
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
