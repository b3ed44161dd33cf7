import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputChunk, type OutputOptions, rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import manifest from "../package.json" with { type: "json" };
import { type EntryModule, sourceEntries } from "./entries.ts";

// What tsc declares, a file for each module, is in .cache/declarations. Each entry gets one file of it in dist, and
// what entries share is in dist/types: an editor that opens a program reads few of them, and none says a thing twice.

const root = fileURLToPath(new URL("..", import.meta.url));
const from = join(root, ".cache/declarations");
const dist = join(root, "dist");

/** What tsc declares for an entry. */
export const declarationsOf = ({ name }: EntryModule): string => join(from, `${name}.d.ts`);

/** Writes dist/NAME.d.ts for each entry, and dist/types. Throws an Error that says what it could not make. */
export async function rollUpDeclarations(): Promise<void> {
  const entries = sourceEntries(manifest.exports);
  const build = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry.name, declarationsOf(entry)])),
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    plugins: [dts({ tsconfig: join(root, "tsconfig.build.json") })],
    onwarn({ message }) {
      // Types that have no name of their own in the public interface: an editor shows what is in them.
      if (!message.includes("still references private shared type exports")) throw new Error(message);
    },
  });
  const { output: small } = await build.generate(form);
  const manualChunks = mergedChunks(small.filter((each) => each.type === "chunk"));
  const { output } = await build.generate({ ...form, manualChunks, onlyExplicitManualChunks: true });
  for (const each of output) {
    if (each.type !== "chunk") continue;
    const file = join(dist, each.fileName);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, withLibrary(withoutTags(each.code)));
  }
}

const form: OutputOptions = {
  entryFileNames: "[name].d.ts",
  chunkFileNames: ({ name }) => `types/${name.replace(/\.d$/, "")}.d.ts`,
  hoistTransitiveImports: false,
};

/**
 * A chunk for each set of entries would be a dozen. What the client shares with others is two: what `fetcd/v2` needs of
 * it, which names no type of protobuf, and the rest.
 */
function mergedChunks(chunks: readonly OutputChunk[]): (id: string) => string | undefined {
  const byFile = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  function neededBy(entry: string): ReadonlySet<string> {
    const needed = new Set([`${entry}.d.ts`]);
    for (const file of needed) for (const next of byFile.get(file)?.imports ?? []) needed.add(next);
    return needed;
  }
  const client = neededBy("index");
  const v2 = neededBy("v2/index");
  const shared = chunks.filter(({ fileName, isEntry }) => !isEntry && client.has(fileName));
  const merged = new Map(
    shared.flatMap(({ fileName, moduleIds }) => moduleIds.map((id) => [id, v2.has(fileName) ? "basics" : "client"])),
  );
  return (id) => merged.get(id);
}

/** Without the tags that the generator of messages leaves at each field. */
function withoutTags(code: string): string {
  return code.replace(/^ +\/\*\*\n +\* @generated .*\n +\*\/\n/gm, "").replace(/(?:\n *\*)?\n *\* @generated .*/g, "");
}

/** Programs whose `lib` ends before `await using` need to be told where its types are. */
function withLibrary(code: string): string {
  const needed = /\bAsyncDisposable\b|\bSymbol\.asyncDispose\b/.test(code);
  return needed ? `/// <reference lib="esnext.disposable" />\n${code}` : code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await rollUpDeclarations();
