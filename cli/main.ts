#!/usr/bin/env node
import { createRequire } from "node:module";
import { createProgram } from "./program.ts";
import { complain } from "./terminal.ts";

// `fetcd get a | head` closes the pipe: nobody reads on, and that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const manifest: unknown = createRequire(import.meta.url)("fetcd/package.json");
const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";

try {
  await createProgram(String(version)).parseAsync();
} catch (error) {
  complain(`Error: ${await textOf(error)}`);
  process.exitCode = 1;
}

/** What went wrong, and of a write whether it happened. */
async function textOf(error: unknown): Promise<string> {
  // Loaded here, if it was not before: what needs no client starts without.
  const { EtcdError } = await import("fetcd");
  if (!EtcdError.is(error)) return error instanceof Error ? error.message : String(error);
  const doubt = error.outcome === "unknown" ? " (whether it was applied is not known)" : "";
  return `${error.message} [${error.reason}]${doubt}`;
}
