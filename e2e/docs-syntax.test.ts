import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docExamples } from "./doc-examples.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "llms.txt",
  ...(await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...(await readdir(join(root, "examples"))).map((name) => `examples/${name}/README.md`),
].filter((page) => existsSync(join(root, page)));

/** Node knows it from 24 on; asked for by name, so that a newer Node that runs this test refuses it too. */
const using = /\busing \w+ =/;

/** Programs in the pages: blocks of code, and the scripts of HTML. */
async function programs(): Promise<{ name: string; language: string; code: string }[]> {
  const found = await Promise.all(
    pages.map(async (page) =>
      (await docExamples(page, ["js", "ts", "html"])).map(({ heading, language, code }) => ({
        name: `${page}: ${heading}`,
        language: language === "html" ? "js" : language,
        code: language === "html" ? (/<script type="module">([\s\S]*?)<\/script>/.exec(code)?.[1] ?? "") : code,
      })),
    ),
  );
  return found.flat();
}

describe("The examples of all pages", async () => {
  const all = await programs();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fetcd-docs-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Whether this Node takes a program as it is; what it says against it, if not. */
  async function refusal(code: string): Promise<string | undefined> {
    if (using.test(code)) return "using";
    const file = join(folder, `${crypto.randomUUID()}.mjs`);
    await writeFile(file, code);
    const { code: status, stderr } = await run(process.execPath, ["--check", file]);
    return status === 0 ? undefined : stderr;
  }

  it("are found", () => {
    expect(all.length).toBeGreaterThan(30);
    expect(all.map(({ code }) => code)).not.toContain("");
  });

  it.each(all)("$name ($language)", async ({ language, code }) => {
    expect(code).not.toMatch(using);
    // One without types is JavaScript, and says so.
    if (language === "js") expect(await refusal(code)).toBeUndefined();
    else expect(await refusal(code)).toContain("SyntaxError");
  });

  it.each(["await using etcd = createEtcd();", "using memory = createMemoryEtcd();", "const a: string = '';"])(
    "would not be %s",
    async (code) => {
      expect(await refusal(code)).toBeDefined();
    },
  );
});

it("The README says once where `await using` works, and no other page has it in code", async () => {
  const texts = await Promise.all(pages.map((page) => readFile(join(root, page), "utf8")));
  const noConfiguration = texts.map((text) => text.replaceAll(/^```capnp\n[\s\S]*?^```$/gm, "")); // has a `using` of its own
  const lines = noConfiguration.flatMap((text) => text.split("\n")).filter((line) => using.test(line));
  expect(lines).toEqual([
    expect.stringMatching(/^`await using etcd = createEtcd\(\)` closes by itself: Node 24, Deno, Bun, TypeScript\./),
  ]);
});

it("No example in a doc comment needs `using`", async () => {
  const files = (await readdir(join(root, "src"), { recursive: true })).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(files.map((name) => readFile(join(root, "src", name), "utf8")));
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => /^\s*\/?\*/.test(line) && using.test(line));
  expect(lines).toEqual([]);
});
