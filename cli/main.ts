#!/usr/bin/env node
import { createRequire } from "node:module";
import { EtcdError } from "fetcd";
import { createProgram } from "./program.ts";

// `fetcd get a | head` closes the pipe: nobody reads on, and that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const manifest: unknown = createRequire(import.meta.url)("fetcd/package.json");
const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";

try {
  await createProgram(String(version)).parseAsync();
} catch (error) {
  process.stderr.write(`Error: ${textOf(error)}\n`);
  process.exitCode = 1;
}

/** What went wrong, and of a write whether it happened. */
function textOf(error: unknown): string {
  if (!EtcdError.is(error)) return error instanceof Error ? error.message : String(error);
  const doubt = error.outcome === "unknown" ? " (whether it was applied is not known)" : "";
  return `${error.message} [${error.reason}]${doubt}`;
}
