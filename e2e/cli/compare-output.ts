import { spawn } from "node:child_process";
import type { Ran } from "./in-process.ts";

export type Run = (args: readonly string[], input: string, env: NodeJS.ProcessEnv) => Promise<Ran>;

/** Runs a program to its end, as {@link runInProcess} does ours. */
export function runner(program: string): Run {
  return (args, input, env) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [...args], { env });
      const tooLong = setTimeout(() => child.kill(), 30_000);
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString("latin1")));
      child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString("latin1")));
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
      child.once("error", reject);
      child.once("close", (code) => {
        clearTimeout(tooLong);
        resolve({ code: code ?? -1, stdout, stderr });
      });
    });
}

/** The kind of what is on standard error: nothing, or a complaint. etcdctl logs there, and says that it is deprecated. */
function complains(stderr: string): boolean {
  return stderr
    .split("\n")
    .some((line) => line !== "" && !line.startsWith('{"level"') && !/^(Deprecated|stty):/.test(line));
}

/** What is compared. Usage and questions go to standard output with etcdctl, and are not an answer. */
export function shown({ code, stdout, stderr }: Ran, normal: (text: string) => string): object {
  const answer = stdout.replace(/^(?:(?:Password|Type password) of .*\n)+/, "");
  return { code, complains: complains(stderr), stdout: answer.startsWith("NAME:\n") ? "" : normal(answer) };
}
