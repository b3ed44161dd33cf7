#!/usr/bin/env node
import { createRequire } from "node:module";
import { run } from "./run-command-line.ts";

// `fetcd get a | head` closes the pipe: nobody reads on, and that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const manifest: unknown = createRequire(import.meta.url)("fetcd/package.json");
const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";

process.exitCode = await run(String(version), process.argv.slice(2));
