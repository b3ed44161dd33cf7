import { type ChildProcess, execFile } from "node:child_process";

/** How long a command may take to end after SIGTERM, in milliseconds. */
const graceMs = 5_000;
const lookEveryMs = 50;

/**
 * Ends a command and every process it started: with SIGTERM, and five seconds later with SIGKILL. Resolves when none is
 * left. Signals go to the process group if the command has its own (`group`). Otherwise it shares the group of this program,
 * to keep the terminal, and the signals go to the tree of its children. Windows has neither, so only the command is ended.
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

/** Whether the process or group still existed. */
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

/** Ids of children, their children and so on; empty if there is no `ps`. */
async function descendants(pid: number): Promise<number[]> {
  const table = await new Promise<string>((resolve) => {
    execFile("ps", ["-A", "-o", "pid=,ppid="], (error, stdout) => resolve(error ? "" : stdout));
  });
  const pairs = table.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found) for (const [own, of] of pairs) if (of === parent && own !== undefined) found.push(own);
  return found.slice(1);
}
