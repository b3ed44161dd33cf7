import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./project.ts";

/** What a bundler makes of some code that uses the built package, for a browser or a worker. */
export interface Bundle {
  /** Sizes in bytes, minified. */
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
  const contents = small.outputFiles[0]?.contents ?? new Uint8Array();
  const outputs = Object.values(small.metafile.outputs);
  const parts = outputs.flatMap(({ inputs }) => Object.entries(inputs));
  return {
    minified: contents.length,
    gzipped: gzipSync(contents, { level: 9 }).length,
    code: readable.outputFiles.map((file) => file.text).join("\n"),
    files: Object.fromEntries(
      parts.flatMap(([file, { bytesInOutput }]) =>
        bytesInOutput > 0 && file !== "<stdin>" ? [[file, bytesInOutput]] : [],
      ),
    ),
    imports: outputs.flatMap((output) => output.imports.map(({ path }) => path)),
  };
}
