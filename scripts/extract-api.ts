import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import manifest from "../package.json" with { type: "json" };
import { declarationsOf } from "./declarations.ts";
import { type Entry, sourceEntries } from "./entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

export const entries: readonly Entry[] = sourceEntries(manifest.exports);

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
