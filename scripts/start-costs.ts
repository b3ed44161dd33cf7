import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../test/package/project.ts";

// What it costs to start with the package, beside starting without it: in turns, so that what else the machine does hits
// both alike.

const rounds = 7;

/** What one takes, what the other takes, in milliseconds: the median of several rounds each. */
export interface StartCost {
  readonly ms: number;
  readonly otherMs: number;
}

/**
 * Time that a fresh Node takes to import `fetcd`, beside that for an empty file, its first too: both find a file, read and
 * compile it, and load what Node itself needs for that. An empty `data:` module would need none of it.
 */
export function importCost(): StartCost {
  const folder = mkdtempSync(join(tmpdir(), "fetcd-empty-"));
  try {
    const empty = join(folder, "empty.mjs");
    writeFileSync(empty, "");
    return inTurns(
      () => importMs("fetcd"),
      () => importMs(pathToFileURL(empty).href),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds that a fresh Node takes to import `specifier`, as a program of this project would. */
export function importMs(specifier: string): number {
  const code = `const start = performance.now(); await import("${specifier}"); console.log(performance.now() - start);`;
  return Number(run(["--input-type=module", "-e", code]));
}

/** Processor time of `fetcd --help`, beside that of a Node that does nothing. */
export function helpCost(): StartCost {
  return inTurns(
    () => cpuMs([join(root, "dist/cli/main.js"), "--help"]),
    () => cpuMs(["-e", "0"]),
  );
}

/** Of a process and all that it starts: the last line of a shell that runs it. */
function cpuMs(args: readonly string[]): number {
  const { stdout, status, stderr } = spawnSync(
    "bash",
    ["-c", 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null; } 2>&1 | tail -1', "bash", process.execPath, ...args],
    { cwd: root, encoding: "utf8" },
  );
  const [user, system] = stdout.trim().split(" ").map(Number);
  if (status !== 0 || user === undefined || system === undefined) throw new Error(stdout + stderr);
  return 1000 * (user + system);
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function inTurns(one: () => number, other: () => number): StartCost {
  const [ones, others]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    ones.push(one());
    others.push(other());
  }
  return { ms: medianOf(ones), otherMs: medianOf(others) };
}

/** The middle one of an odd number of values. */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
