import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import manifest from "../package.json" with { type: "json" };
import { type Entry, sourceEntries } from "./entries.ts";

// What tsc declares, a file for each module, is in .cache/declarations. Each entry gets one file of it in dist: an
// editor that opens a program reads few of them, and the package is a third smaller.

const root = fileURLToPath(new URL("..", import.meta.url));
const from = join(root, ".cache/declarations");

export const entries: readonly Entry[] = sourceEntries(manifest.exports);

export const declarationsOf = ({ name }: Entry): string => join(from, `${name}.d.ts`);

/** All entries as one program: most of their types are the same. */
export function readDeclarations(configs: readonly ExtractorConfig[]): CompilerState {
  const [first] = configs;
  if (first === undefined) throw new Error("the package has no entry");
  return CompilerState.create(first, { additionalEntryPoints: entries.map(declarationsOf) });
}

export type Wanted = Pick<
  NonNullable<Parameters<typeof ExtractorConfig.prepare>[0]["configObject"]>,
  "apiReport" | "dtsRollup"
>;

export function extractorConfig(entry: Entry, wanted: Wanted): ExtractorConfig {
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarationsOf(entry),
      ...wanted,
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: {
        // It brings a TypeScript of its own, which is not the one that the tsconfig files here are for.
        overrideTsconfig: {
          compilerOptions: {
            target: "es2022",
            lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
            module: "esnext",
            moduleResolution: "bundler",
            types: ["node"],
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
            noEmit: true,
          },
          files: entries.map(declarationsOf),
        },
      },
      messages: { compilerMessageReporting: silent, extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  });
}

/** Runs the extractor for one entry. Throws an Error that says what it could not make. */
export function extract({ subpath }: Entry, config: ExtractorConfig, compilerState: CompilerState): void {
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) throw new Error(`${subpath}: ${message.text}`);
    },
  });
  if (!succeeded) throw new Error(`${subpath}: its declarations could not be read`);
}

/** Writes dist/NAME.d.ts for each entry. */
export function rollUpDeclarations(): void {
  const all = entries.map((entry) => {
    const file = join(root, "dist", `${entry.name}.d.ts`);
    const dtsRollup = { enabled: true, untrimmedFilePath: file };
    return {
      entry,
      file,
      config: extractorConfig(entry, { apiReport: { enabled: false, reportFileName: "none" }, dtsRollup }),
    };
  });
  const state = readDeclarations(all.map(({ config }) => config));
  for (const { entry, file, config } of all) {
    rmSync(file, { force: true });
    mkdirSync(dirname(file), { recursive: true });
    extract(entry, config, state);
    writeFileSync(file, tidied(readFileSync(file, "utf8")));
  }
}

/** Without marks of the tool's own. */
function tidied(text: string): string {
  return text.replace(/\n*export \{ \}\s*$/, "\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) rollUpDeclarations();
