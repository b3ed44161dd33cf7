import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "./etcd.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = await readFile(join(root, "docs", "recipes.md"), "utf8");
/** Each example with the heading it stands under. */
const examples = new Map(
  page.split(/^## /m).flatMap((section) => {
    const code = /^```ts\n([\s\S]*?)^```$/m.exec(section)?.[1];
    return code === undefined ? [] : [[section.slice(0, section.indexOf("\n")), code] as const];
  }),
);

describe("The examples of docs/recipes.md", () => {
  let etcd: Etcd;
  let folder: string;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
    folder = await mkdtemp(join(root, "examples", ".recipes-"));
  });
  afterAll(async () => {
    await etcd.close();
    await rm(folder, { recursive: true });
  });

  const expected: Record<string, RegExp> = {
    "Transactions as functions": /^70 30\n$/,
    Counter: /^7n 7n\n$/,
    Queue: /^resize 1\.png 1n\n$/,
    "Priority queue": /^disk is full\n$/,
    "Lock for readers and writers": /^true null\n$/,
    Semaphore: /^true null\n$/,
    Barrier: /^go\n$/,
    "Double barrier": /^plays\nplays\n$/,
    Registry: /^host-1 http:\/\/10\.0\.0\.1:8080\n$/,
  };

  it.each(Object.entries(expected))("%s", async (heading, output) => {
    const file = join(folder, `${heading.replaceAll(" ", "-")}.ts`);
    const code = examples.get(heading) ?? "";
    await writeFile(file, code.replaceAll("http://127.0.0.1:2379", etcd.endpoints[0] ?? ""));
    const { code: status, stdout, stderr } = await run(process.execPath, ["--import", "tsx", file], { cwd: root });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(output);
  });

  it("are all run", () => {
    expect([...examples.keys()]).toEqual(Object.keys(expected));
    expect(page.match(/^```ts$/gm)).toHaveLength(examples.size);
  });
});
