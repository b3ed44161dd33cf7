import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EtcdVersion } from "../etcd.ts";
import { run } from "../run.ts";
import { rigFolder } from "../watchdog.ts";
import { root } from "./find-program.ts";
import { providedVariable, startProvided } from "./provide.ts";
import type { TestReport } from "./reporter.ts";
import type { Runtime } from "./runtimes.ts";

/** What came out of all tests in one runtime. */
export interface RuntimeReport {
  readonly runtime: string;
  readonly version: string;
  readonly tests: readonly TestReport[];
}

/**
 * Runs the tests of `in` inside of a runtime, on new servers of these versions, with all suites or only some. Rejects when the runtime is not there,
 * or when no tests came to run, with the reason.
 */
export async function runIn(
  runtime: Runtime,
  versions: readonly EtcdVersion[],
  onlySuites?: readonly string[],
): Promise<RuntimeReport> {
  const ready = await runtime.open();
  const folder = rigFolder();
  const servers = await startProvided(versions, onlySuites);
  try {
    const file = join(folder.path, "report.json");
    const [program = "", ...args] = ready.command;
    // Where this is a test itself, what Vitest tells its workers must not reach the Vitest that is started here.
    const outer = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
    const env = {
      ...Object.fromEntries(outer),
      ...ready.env,
      NO_COLOR: "1",
      FETCD_RUNTIME: runtime.kind,
      FETCD_REPORT: file,
      [providedVariable]: JSON.stringify(servers.provided),
    };
    const config = ["run", "--config", join(root, "e2e/everywhere/vitest.config.ts")];
    const { stdout, stderr } = await run(program, [...args, ...config], { cwd: root, env });
    const text = await readFile(file, "utf8").catch(() => "[]");
    const tests = JSON.parse(text) as TestReport[];
    if (tests.length === 0) throw new Error(`${runtime.name} ran no tests:\n${stdout}\n${stderr}`);
    return { runtime: runtime.name, version: ready.version, tests };
  } finally {
    await servers.close();
    await ready.close();
    folder.remove();
  }
}
