import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "./etcd.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = await readFile(join(root, "docs/flags.md"), "utf8");

/** Each example with the heading it stands under. */
const examples = new Map(
  [...page.matchAll(/^#+ (?<heading>[^\n]+)\n(?:(?!^#)[^\n]*\n)*?^```ts\n(?<code>[\s\S]*?)^```$/gm)].map(
    ({ groups }) => [groups?.["heading"] ?? "", groups?.["code"] ?? ""] as const,
  ),
);

describe("The examples of docs/flags.md", () => {
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
    expect(examples.size).toBe(page.split("```ts\n").length - 1);
  });
});
