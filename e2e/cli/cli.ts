import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningScript, startScript } from "../examples/script.ts";
import { type Finished, run } from "../run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The program as it is published. */
export const program: string = join(root, "dist/cli/main.js");

export interface Cli {
  /** Runs the program to its end, with variables of etcdctl for where etcd is. */
  run(
    args: readonly string[],
    options?: { readonly input?: string | Uint8Array; readonly env?: object },
  ): Promise<Finished>;
  /** Starts one that runs until it is told to stop. */
  start(...args: string[]): RunningScript;
}

/** Rejects nothing and checks nothing but that the program is built. */
export function cliOn(endpoint: string): Cli {
  if (!existsSync(program)) throw new Error("dist/cli/main.js is missing: npm run build");
  const env = { ...process.env, ETCDCTL_API: "3", ETCDCTL_ENDPOINTS: endpoint };
  return {
    run: (args, { input, env: more } = {}) =>
      run(process.execPath, [program, ...args], {
        cwd: root,
        env: { ...env, ...more },
        ...(input !== undefined && { input }),
      }),
    start: (...args) => startScript(process.execPath, [program, ...args], { cwd: root, env }),
  };
}
