import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import manifest from "./package.json" with { type: "json" };
import { clientChunks } from "./scripts/chunks.ts";
import { ClosingLine } from "./scripts/closing-line.ts";
import { entryModules, sourceEntries } from "./scripts/entries.ts";
import { minifyProgram } from "./scripts/minify-program.ts";
import { pureConstants } from "./scripts/pure-constants.ts";
import { thirdPartyLicenses } from "./scripts/third-party-licenses.ts";

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
// What is installed with the package. Everything else that is imported is built in. The program imports the package as its
// users do.
const dependencies = [...Object.keys(manifest.dependencies), manifest.name];

export default defineConfig({
  plugins: [pureConstants(), minifyProgram(fromRoot("cli/")), thirdPartyLicenses()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    minify: false,
    lib: {
      // Every entry of the exports map, which is the only list of them, and the program.
      entry: {
        ...Object.fromEntries(
          entryModules(sourceEntries(manifest.exports)).map(({ name, source }) => [name, fromRoot(source)]),
        ),
        "cli/main": fromRoot("cli/main.ts"),
      },
      formats: ["es"],
    },
    rolldownOptions: {
      // The argument parser of the program is CommonJS: its `require` of what Node brings is made one that works.
      platform: "node",
      // Marking constants takes its time: each chunk is parsed once more.
      checks: { pluginTimings: false },
      external: (id) => id.startsWith("node:") || dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
      // A file for each entry, and few for what several share: an import loads few files, and no more than it needs.
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "chunks/[name].js",
        codeSplitting: { groups: clientChunks(fromRoot("src")) },
        // What is said about the code is in the declarations and in the source.
        comments: { legal: true, annotation: true, jsdoc: false },
      },
    },
  },
  test: {
    reporters: ["default", new ClosingLine()],
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/package/**"],
          environment: "node",
          expect: { poll: { timeout: 4000 } },
          // Vitest itself takes one less than there are cores, and these tests wait for a third of their time.
          maxWorkers: Math.ceil(availableParallelism() * 1.5),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          environment: "node",
          globalSetup: fromRoot("test/package/global-setup.ts"),
          // Packing, bundling and starting runtimes, often while other processes want the same cores.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          environment: "node",
          globalSetup: fromRoot("e2e/global-setup.ts"),
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Servers and browsers, for which a second may be short on a busy machine.
          expect: { poll: { timeout: 15_000 } },
          // Each file starts servers of its own: more of them at a time than this starve elections of CPU.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
