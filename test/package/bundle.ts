import { gzipSync } from "node:zlib";
import { build, type Metafile, type OutputFile } from "esbuild";
import { root } from "./project.ts";

/** What a bundler makes of some code that uses the built package, for a browser or a worker. */
export interface Bundle {
  /** Sizes in bytes, minified, of what is loaded at the start: parts that are imported when they are needed do not count. */
  readonly minified: number;
  readonly gzipped: number;
  /** The code with its names and without comments. */
  readonly code: string;
  /** Files that have code in the bundle, "dist/index.js" or "node_modules/x/y.js", with their minified bytes of it. */
  readonly files: Readonly<Record<string, number>>;
  /** What is left to be imported at run time. */
  readonly imports: readonly string[];
}

/** Bundles `code`, in which `fetcd` and its subpaths mean the project's own build. */
export async function bundle(code: string): Promise<Bundle> {
  const make = (minifyIdentifiers: boolean) =>
    build({
      stdin: { contents: code, resolveDir: root },
      absWorkingDir: root,
      // The project's own settings would lead its name to src.
      tsconfigRaw: {},
      bundle: true,
      splitting: true,
      outdir: "out",
      format: "esm",
      target: "es2022",
      external: ["node:*"],
      minifySyntax: true,
      minifyWhitespace: true,
      minifyIdentifiers,
      legalComments: "none",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
  const [small, readable] = await Promise.all([make(true), make(false)]);
  const outputs = loadedAtOnce(small.metafile.outputs);
  const texts = Object.keys(outputs).map((path) => contentsOf(small.outputFiles, path));
  const contents = Buffer.concat(texts);
  const parts = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return {
    minified: contents.length,
    gzipped: texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0),
    code: readable.outputFiles.map((file) => file.text).join("\n"),
    files: Object.fromEntries(
      parts.flatMap(([file, { bytesInOutput }]) =>
        bytesInOutput > 0 && file !== "<stdin>" ? [[file, bytesInOutput]] : [],
      ),
    ),
    imports: Object.values(small.metafile.outputs).flatMap((output) =>
      output.imports.flatMap(({ path, external }) => (external === true ? [path] : [])),
    ),
  };
}

type Outputs = Metafile["outputs"];

/** The entry and what it imports, but for what it imports later. */
function loadedAtOnce(outputs: Outputs): Outputs {
  const loaded: Outputs = {};
  const load = (path: string): void => {
    const output = outputs[path];
    if (output === undefined || loaded[path] !== undefined) return;
    loaded[path] = output;
    for (const { path: next, kind } of output.imports) if (kind === "import-statement") load(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint === "<stdin>") load(path);
  return loaded;
}

function contentsOf(files: readonly OutputFile[], path: string): Uint8Array {
  const file = files.find((each) => each.path.endsWith(path));
  if (file === undefined) throw new Error(`esbuild wrote no ${path}`);
  return file.contents;
}
