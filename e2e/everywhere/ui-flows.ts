import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../run.ts";
import { rigFolder } from "../watchdog.ts";
import type { HostCheck } from "./host-check.ts";
import { root } from "./find-program.ts";

interface JsonReport {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/**
 * Every flow of the page of `fetcd ui` that fits, in Chromium and Firefox, on etcd 3.4 and 3.5, with one member and three,
 * with and without authentication. The tests by themselves take a share of that each day.
 */
export const uiFlows: HostCheck = {
  name: "UI",
  version: "in Chromium and Firefox",
  async run() {
    const folder = rigFolder();
    try {
      const file = join(folder.path, "report.json");
      const args = ["run", "--project", "e2e", "e2e/ui/flows.test.ts", "--reporter=json", `--outputFile=${file}`];
      const env = { ...process.env, FETCD_SUITES: "all", NO_COLOR: "1" };
      const vitest = join(root, "node_modules/vitest/vitest.mjs");
      const { stderr } = await run(process.execPath, [vitest, ...args], { cwd: root, env });
      const { testResults } = JSON.parse(await readFile(file, "utf8").catch(() => '{"testResults":[]}')) as JsonReport;
      const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
      if (tests.length === 0) throw new Error(`no flow came to run:\n${stderr}`);
      const whole = testResults.flatMap(({ message }) => (message === "" ? [] : [message]));
      const failed = tests.filter(({ status }) => status === "failed");
      return {
        passed: tests.filter(({ status }) => status === "passed").length,
        faults: [
          ...whole,
          ...failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join("\n")}`),
        ],
      };
    } finally {
      folder.remove();
    }
  },
};
