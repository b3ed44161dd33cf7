import { readdirSync, readFileSync } from "node:fs";

/**
 * SIGSTOP, and returns when every thread of the process stands still. kill() returns before that: one thread has to
 * run to stop the others, and on a busy machine these go on answering until it does. Linux; elsewhere the signal only.
 */
export function freeze(pid: number): void {
  process.kill(pid, "SIGSTOP");
  if (process.platform !== "linux") return;
  const deadline = performance.now() + 10_000;
  while (!threadStates(pid).every((state) => "TtZX".includes(state))) {
    if (performance.now() > deadline) throw new Error(`process ${pid} has not stopped within 10 s`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** A letter for each thread, as in proc_pid_stat(5): the third field, after a name that may hold anything. */
function threadStates(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
      return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    } catch {
      return []; // it has ended since the folder was read
    }
  });
}
