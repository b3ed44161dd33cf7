import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docExamples } from "../doc-examples.ts";
import { run } from "../run.ts";
import type { HostCheck } from "./host-check.ts";
import { withConsumer } from "./installed-packages.ts";

const program = "node_modules/jest/bin/jest.js";

/** The tests of docs/testing.md in Jest, as the page says: in Node, and with the page's environment around jsdom. */
export function jestHost(version: string): HostCheck {
  return {
    name: "Jest",
    version,
    async run() {
      const page = "docs/testing.md";
      const [stock, environment] = await docExamples(page, ["mjs"]);
      if (stock === undefined || environment === undefined) throw new Error(`${page} has no test or no environment`);
      const packages = [`jest@${version}`, `jest-environment-jsdom@${version}`];
      return withConsumer({ place: `jest/${version}`, packages, program }, async ({ folder, above }) => {
        await writeFile(join(folder, "stock.test.js"), stock.code.replace('"vitest"', '"@jest/globals"'));
        await writeFile(join(folder, "jsdom-with-fetch.js"), environment.code);
        const reports = [];
        for (const name of ["node", "./jsdom-with-fetch.js"]) reports.push(await runJest(above, folder, name));
        return { passed: reports.reduce((sum, { passed }) => sum + passed, 0), faults: reports.flatMap(faultsOf) };
      });
    },
  };
}

interface JestReport {
  readonly environment: string;
  readonly passed: number;
  readonly failed: number;
  readonly said: string;
}

async function runJest(above: string, folder: string, environment: string): Promise<JestReport> {
  const env = { ...process.env, NODE_OPTIONS: "--experimental-vm-modules", NO_COLOR: "1" };
  const args = [join(above, program), "--rootDir", folder, "--env", environment, "--json"];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: folder, env });
  const said = JSON.parse(stdout || "{}") as { numPassedTests?: number; numFailedTests?: number };
  return { environment, passed: said.numPassedTests ?? 0, failed: said.numFailedTests ?? 0, said: stderr };
}

function faultsOf({ environment, passed, failed, said }: JestReport): string[] {
  return passed > 0 && failed === 0 ? [] : [`Jest in ${environment}: ${passed} passed, ${failed} failed:\n${said}`];
}
