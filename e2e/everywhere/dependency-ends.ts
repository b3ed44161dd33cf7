import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { typeFaults } from "../../test/package/consumer-types.ts";
import { entries } from "../../test/package/project.ts";
import { run } from "../run.ts";
import { rigFolder } from "../watchdog.ts";
import type { HostCheck, HostReport } from "./host-check.ts";
import { type Consumer, withConsumer } from "./installed-packages.ts";
import { manifest, root } from "./find-program.ts";
import type { TestReport } from "./reporter.ts";

/** The tests of whatever uses a dependency, on real servers where there is one to be asked. */
const tests = [
  "test/gen/",
  "test/grpc-web/",
  "test/transport/connect-transport.test.ts",
  "test/transport/schema.test.ts",
  "test/v2/",
  "e2e/suites-grpc-web.test.ts",
  "e2e/suites-v2.test.ts",
];
const specifiers = entries.map(({ subpath }) => manifest.name + subpath.slice(1));

/** The package and its tests with other versions of its dependencies than the project has installed. */
function dependencyHost(name: string, versionOf: (name: string, range: string) => Promise<string>): HostCheck {
  return {
    name,
    version: Object.values(manifest.dependencies).join(" "),
    async run() {
      const dependencies = Object.entries(manifest.dependencies);
      const versions = await Promise.all(dependencies.map(([each, range]) => versionOf(each, range)));
      const { "@types/node": node, "@openfeature/core": openfeature } = manifest.devDependencies;
      const packages = [
        ...dependencies.map(([each], i) => `${each}@${versions[i]}`),
        `@types/node@${node}`,
        `@openfeature/core@${openfeature}`,
      ];
      const place = `dependencies/${versions.join("_")}`;
      const program = "node_modules/ky";
      return withConsumer({ place, packages, program }, check);
    },
  };
}

async function check(consumer: Consumer): Promise<HostReport> {
  const faults: string[] = [];
  for (const [specifierOf, type] of [
    [(name: string) => `await import("${name}")`, "module"],
    [(name: string) => `require("${name}")`, "commonjs"],
  ] as const) {
    const code = specifiers.map((name) => `${specifierOf(name)};`).join("\n");
    const args = ["--no-warnings", `--input-type=${type}`, "-e", code];
    const { stderr } = await run(process.execPath, args, { cwd: consumer.folder });
    if (stderr !== "") faults.push(`as ${type}: ${stderr}`);
  }
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = { module: "nodenext", lib: ["es2022", "dom"], types: [] };
  faults.push(...(await typeFaults(tsc, consumer.folder, options, specifiers)));
  const reports = await runTests(consumer.above);
  for (const { path, passed, error } of reports) if (!passed) faults.push(`${path.join(" > ")}: ${error}`);
  return { passed: reports.filter(({ passed }) => passed).length, faults };
}

async function runTests(dependencies: string): Promise<readonly TestReport[]> {
  const folder = rigFolder();
  try {
    const file = join(folder.path, "report.json");
    const env = { ...process.env, NO_COLOR: "1", FETCD_DEPENDENCIES: dependencies, FETCD_REPORT: file };
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const config = join(root, "e2e/everywhere/dependencies.config.ts");
    const { stdout, stderr } = await run(process.execPath, [vitest, "run", "--config", config, ...tests], {
      cwd: root,
      env,
    });
    const reports = JSON.parse(await readFile(file, "utf8").catch(() => "[]")) as TestReport[];
    if (reports.length === 0) throw new Error(`no test ran:\n${stdout}\n${stderr}`);
    return reports;
  } finally {
    folder.remove();
  }
}

async function newest(name: string, range: string): Promise<string> {
  const { code, stdout, stderr } = await run("npm", ["view", `${name}@${range}`, "version", "--json"], { cwd: root });
  if (code !== 0) throw new Error(`npm view ${name}@${range} failed:\n${stderr}`);
  const versions = [JSON.parse(stdout) as string | readonly string[]].flat();
  return versions.reduce((one, other) => (isNewer(other, one) ? other : one));
}

function isNewer(one: string, other: string): boolean {
  return one.localeCompare(other, "en", { numeric: true }) > 0;
}

/** Both ends of the ranges that the package allows. */
export const dependencyHosts: readonly HostCheck[] = [
  dependencyHost("Oldest dependencies", (_, range) => Promise.resolve(range.replace("^", ""))),
  dependencyHost("Newest dependencies", newest),
];
