import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "./etcd.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A block of code in a page of documentation. */
export interface DocExample {
  /** What it stands under. */
  readonly heading: string;
  /** `js`: Node runs it as it is. `ts`: it has types. */
  readonly language: string;
  readonly code: string;
}

/** The blocks of a page that are in one of the languages. */
export async function docExamples(page: string, languages: readonly string[] = ["js", "ts"]): Promise<DocExample[]> {
  const text = await readFile(join(root, page), "utf8");
  const found: DocExample[] = [];
  let heading = "";
  for (const { groups = {} } of text.matchAll(/^#+ (?<title>.+)$|^```(?<language>\w*)\n(?<code>[\s\S]*?)^```$/gm)) {
    const { title, language = "", code = "" } = groups;
    if (title !== undefined) heading = title;
    else if (languages.includes(language)) found.push({ heading, language, code });
  }
  return found;
}

/** A folder for programs, inside of the project so that they find the package by its name. */
export interface ExampleFolder {
  /** Writes a program, named after a heading, and gives its path. */
  write(example: DocExample): Promise<string>;
  remove(): Promise<void>;
}

export async function exampleFolder(): Promise<ExampleFolder> {
  const path = await mkdtemp(join(root, "examples", ".readme-"));
  return {
    async write({ heading, language, code }) {
      const file = join(path, `${heading.replaceAll(/\W+/g, "-")}.${language === "js" ? "mjs" : language}`);
      await writeFile(file, code);
      return file;
    },
    remove: () => rm(path, { recursive: true }),
  };
}

/** The example under a heading, with the address of a real etcd in the place of the default one. */
export function exampleOn(etcd: Etcd, examples: readonly DocExample[], heading: string): DocExample {
  const found = examples.find((each) => each.heading === heading);
  if (found === undefined) throw new Error(`no example under ${heading}`);
  return { ...found, code: found.code.replaceAll("http://127.0.0.1:2379", etcd.endpoints[0] ?? "") };
}

/** What Node is started with for a file: nothing for plain JavaScript. */
export function nodeArguments(file: string): string[] {
  return file.endsWith(".mjs") ? [file] : ["--import", "tsx", file];
}

/** What a program prints that comes to its end without a word of complaint. */
export async function printedBy(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { cwd: root });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/**
 * Runs each example of a page as a program of its own, on a real etcd. `expected`: what each prints, by its heading; one
 * that is added without a line there fails.
 */
export function testExamples(page: string, expected: Readonly<Record<string, RegExp>>): void {
  describe(`The examples of ${page}`, () => {
    let etcd: Etcd;
    let folder: ExampleFolder;
    let examples: readonly DocExample[];
    beforeAll(async () => {
      [etcd, folder, examples] = await Promise.all([
        startEtcd({ version: "3.5", v2: true }),
        exampleFolder(),
        docExamples(page),
      ]);
    });
    afterAll(async () => {
      await etcd?.close();
      await folder?.remove();
    });

    it.each(Object.entries(expected))("%s", async (heading, output) => {
      const file = await folder.write(exampleOn(etcd, examples, heading));
      expect(await printedBy(process.execPath, nodeArguments(file))).toMatch(output);
    });

    it("are all run", () => {
      expect(examples.map(({ heading }) => heading)).toEqual(Object.keys(expected));
    });
  });
}
