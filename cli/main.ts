#!/usr/bin/env node
import { createRequire } from "node:module";
import { run } from "./run-command-line.ts";
import { complain } from "./terminal.ts";

// `fetcd get a | head` closes the pipe: nobody reads on, and that is no fault. A full disk is one.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  complain(`Error: standard output: ${error.message}`);
  process.exit(1);
});
// Where nobody reads what goes wrong, the exit code still tells.
process.stderr.on("error", () => undefined);

const manifest: unknown = createRequire(import.meta.url)("fetcd/package.json");
const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";

process.exitCode = await run(String(version), process.argv.slice(2));
