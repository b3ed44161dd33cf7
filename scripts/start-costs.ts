import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../test/package/project.ts";

// What it costs to start with the package, beside starting without it: in turns, so that what else the machine does hits
// both alike.

const rounds = 7;

/** Milliseconds that a fresh Node takes to import `fetcd`, over those for an empty module. */
export function importRatio(): number {
  const importing = (what: string): number => {
    const code = `const start = performance.now(); await import(${JSON.stringify(what)}); console.log(performance.now() - start);`;
    return Number(run(["--input-type=module", "-e", code]));
  };
  return ratioOf(
    () => importing("fetcd"),
    () => importing("data:text/javascript,export {}"),
  );
}

/** Processor time of `fetcd --help`, over that of a Node that does nothing. */
export function helpRatio(): number {
  return ratioOf(
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

function ratioOf(one: () => number, other: () => number): number {
  const [ones, others]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    ones.push(one());
    others.push(other());
  }
  const middle = (all: number[]): number => all.toSorted((a, b) => a - b)[rounds >> 1] ?? NaN;
  return middle(ones) / middle(others);
}
