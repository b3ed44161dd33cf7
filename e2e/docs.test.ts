import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "./etcd.ts";
import { type Example, examplesOf } from "./examples-of.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

// What each example prints, page by page: one that is added without a line here fails the last test.
const expected: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "cache.md": { "Keep a range": /^green 1 live\nsettings\/color blue\n$/ },
  "flags.md": {
    "Read flags": /^20 false live\n$/,
    "Start without etcd": /^20 empty\n$/,
    "Different values for different users":
      /^\{ variant: 'new', reason: 'TARGETING_MATCH', value: 'one-page' \}\n(classic|one-page)\n$/,
    "Be told of changes": /^\{ type: 'changed', flags: \[ 'banner' \] \} back soon\n$/,
    OpenFeature: /^20\n$/,
  },
  "locks.md": {
    "Fencing: the lock holds where the write happens": /^true bigint\n$/,
    "Knowing that it is over": /^written\n$/,
    Elections: /^node-1\n$/,
  },
  "recipes.md": {
    "Transactions as functions": /^70 30\n$/,
    Counter: /^7n 7n\n$/,
    Queue: /^resize 1\.png 1n\n$/,
    "Priority queue": /^disk is full\n$/,
    "Lock for readers and writers": /^true null\n$/,
    Semaphore: /^true null\n$/,
    Barrier: /^go\n$/,
    "Double barrier": /^plays\nplays\n$/,
    Registry: /^host-1 http:\/\/10\.0\.0\.1:8080\n$/,
  },
  "v2.md": {
    "etcd's v2 API":
      /^green 60\n\/app\/color = "green" \(index \d+, ttl 60 s\)\n105 \/app\/color not-applied\nset \/app\/color\n$/,
  },
};

const pages = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).sort();
const examples = new Map<string, readonly Example[]>();
for (const page of pages) examples.set(page, await examplesOf(join(root, "docs", page)));

describe("The examples of docs", () => {
  let etcd: Etcd;
  let folder: string;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5", v2: true });
    folder = await mkdtemp(join(root, "examples", ".readme-"));
  });
  afterAll(async () => {
    await etcd?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const all = [...examples].flatMap(([page, of]) => of.map(({ heading, code }) => ({ page, heading, code })));
  it.each(all)("$page: $heading", async ({ page, heading, code }) => {
    const file = join(folder, `${page}-${heading}.ts`.replaceAll(/[^\w.]+/g, "-"));
    await writeFile(file, code.replaceAll("http://127.0.0.1:2379", etcd.endpoints[0] ?? ""));
    const finished = await run(process.execPath, ["--import", "tsx", file], { cwd: root });
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout).toMatch(expected[page]?.[heading] ?? /^what it prints is not listed$/);
  });

  it("are all listed with what they print", () => {
    const headings = [...examples].map(([page, of]) => [page, of.map(({ heading }) => heading)] as const);
    const listed = Object.entries(expected).map(([page, of]) => [page, Object.keys(of)] as const);
    expect(Object.fromEntries(headings.filter(([, of]) => of.length > 0))).toEqual(Object.fromEntries(listed));
  });
});
