import { type ChildProcess, execFile } from "node:child_process";

/** How long a command has to end by itself, in milliseconds. */
const graceMs = 5_000;
const lookEveryMs = 50;

/**
 * Ends a command and all that it started: asks first, and kills what is left five seconds later. Resolves when none is
 * left. A command with a process group of its own (`group`) is ended by that; one that shares ours, for the sake of the
 * terminal, by the tree of its children. Windows has neither: there the command alone is ended.
 */
export async function endAll(child: ChildProcess, group: boolean): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === "win32") return void child.kill();
  const targets = group ? [-pid] : [pid, ...(await descendants(pid))];
  const running = (): number[] => targets.filter((each) => sent(each, 0));
  for (const each of targets) sent(each, "SIGTERM");
  const deadline = performance.now() + graceMs;
  while (running().length > 0 && performance.now() < deadline) await sleep(lookEveryMs);
  for (const each of running()) sent(each, "SIGKILL");
}

/** Whether there was somebody to send it to. */
function sent(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch {
    return false;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Children, their children and so on; none where there is no `ps`. */
async function descendants(pid: number): Promise<number[]> {
  const table = await new Promise<string>((resolve) => {
    execFile("ps", ["-A", "-o", "pid=,ppid="], (error, stdout) => resolve(error ? "" : stdout));
  });
  const pairs = table.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found) for (const [own, of] of pairs) if (of === parent && own !== undefined) found.push(own);
  return found.slice(1);
}
