#!/usr/bin/env node
import { createRequire } from "node:module";
import { run } from "./run-command-line.ts";
import { complain } from "./terminal.ts";

// `fetcd get a | head` closes the pipe early, which is not an error. Others, such as a full disk, are.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  complain(`Error: standard output: ${error.message}`);
  process.exit(1);
});
// If standard error is closed too, the exit code still reports the failure.
process.stderr.on("error", () => undefined);

const manifest: unknown = createRequire(import.meta.url)("fetcd/package.json");
const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";

process.exitCode = await run(String(version), process.argv.slice(2));
