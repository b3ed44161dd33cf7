import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "./etcd.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The examples of a page, each with the heading it stands under. */
async function examplesOf(path: string): Promise<Map<string, string>> {
  const page = await readFile(join(root, path), "utf8");
  const found = page.matchAll(/^#+ (?<heading>[^\n]+)\n(?:(?!^#)[^\n]*\n)*?^```ts\n(?<code>[\s\S]*?)^```$/gm);
  const examples = new Map(Array.from(found, ({ groups }) => [groups?.["heading"] ?? "", groups?.["code"] ?? ""]));
  if (examples.size !== page.split("```ts\n").length - 1) throw new Error(`two examples under one heading: ${path}`);
  return examples;
}

const examples = new Map([...(await examplesOf("docs/flags.md")), ...(await examplesOf("docs/cache.md"))]);

describe("The examples of docs/flags.md and docs/cache.md", () => {
  let etcd: Etcd;
  let folder: string;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
    folder = await mkdtemp(join(root, "examples", ".readme-"));
  });
  afterAll(async () => {
    await etcd.close();
    await rm(folder, { recursive: true });
  });

  // A line for each example: one that is added without a line here fails the last test.
  const expected: Record<string, RegExp> = {
    "Read flags": /^20 false live\n$/,
    "Start without etcd": /^20 empty\n$/,
    "Different values for different users":
      /^\{ variant: 'new', reason: 'TARGETING_MATCH', value: 'one-page' \}\n(classic|one-page)\n$/,
    "Be told of changes": /^\{ type: 'changed', flags: \[ 'banner' \] \} back soon\n$/,
    OpenFeature: /^20\n$/,
    "Keep a range": /^green 1 live\nsettings\/color blue\n$/,
  };

  it.each(Object.entries(expected))("%s", async (heading, output) => {
    const code = (examples.get(heading) ?? "").replaceAll("http://127.0.0.1:2379", etcd.endpoints[0] ?? "");
    const file = join(folder, `${heading.replaceAll(/\W+/g, "-")}.ts`);
    await writeFile(file, code);
    const finished = await run(process.execPath, ["--import", "tsx", file], { cwd: root });
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout).toMatch(output);
  });

  it("are all run", () => {
    expect([...examples.keys()]).toEqual(Object.keys(expected));
  });
});
