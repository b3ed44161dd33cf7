import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hosts } from "./hosts.ts";
import { keepReport, keptReport, sourceDigest } from "./kept-reports.ts";
import { root } from "./find-program.ts";
import { runIn, type RuntimeReport } from "./run-in.ts";
import { runtimes } from "./runtimes.ts";
import { everywhereTable, faultsIn, limitsShown } from "./everywhere-table.ts";

// `npm run test:everywhere`: all suites in all runtimes, against etcd 3.4, 3.5 and memory, and the checks in frameworks.
// Names after it, of one or of all majors, run those alone. The table is written down in test/everywhere.md
// once all runtimes have passed on the same sources: what came out of the others is kept until these change.

const names = process.argv.slice(2);
const isNamed = (one: { readonly name: string }, name: string): boolean => `${one.name} `.startsWith(`${name} `);
const unknown = names.filter((name) => ![...runtimes, ...hosts].some((one) => isNamed(one, name)));
if (unknown.length > 0) {
  const all = [...runtimes, ...hosts].map(({ name }) => name).join(", ");
  console.error(`no such runtime: ${unknown.join(", ")}; there are ${all}`);
  process.exit(2);
}
const isWanted = (one: { readonly name: string }): boolean =>
  names.length === 0 || names.some((name) => isNamed(one, name));
const wanted = runtimes.filter(isWanted);
const reports = new Map<string, RuntimeReport>();
const faults: string[] = [];
const digest = await sourceDigest();
// The slow ones are at the end of the list: they begin.
const waiting = wanted.toReversed();

async function runOn(): Promise<void> {
  for (let runtime = waiting.shift(); runtime !== undefined; runtime = waiting.shift()) {
    try {
      const started = performance.now();
      const report = await runIn(runtime, ["3.4", "3.5"]);
      reports.set(runtime.name, report);
      await keepReport(digest, report);
      const failed = report.tests.filter(({ passed }) => !passed).length;
      const seconds = Math.round((performance.now() - started) / 1000);
      console.log(
        `${runtime.name} ${report.version}: ${report.tests.length - failed} passed, ${failed} failed, ${seconds} s`,
      );
    } catch (error) {
      faults.push(`${runtime.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

await Promise.all([runOn(), runOn()]);
let passed = 0;
for (const host of hosts.filter(isWanted)) {
  try {
    const started = performance.now();
    const report = await host.run();
    passed += report.passed;
    faults.push(...report.faults.map((fault) => `${host.name}: ${fault}`));
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(
      `${host.name} (${host.version}): ${report.passed} passed, ${report.faults.length} failed, ${seconds} s`,
    );
  } catch (error) {
    faults.push(`${host.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
if (wanted.length > 0) await summarize();
for (const fault of faults) console.error(`\n${fault}`);
console.log(`${passed} passed, ${faults.length} failed`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Adds what the runtimes did, and writes it down where that is all of them. */
async function summarize(): Promise<void> {
  const missing: string[] = [];
  for (const { name } of runtimes) {
    const report = reports.get(name) ?? (wanted.length < runtimes.length ? await keptReport(digest, name) : undefined);
    if (report === undefined) missing.push(name);
    else reports.set(name, report);
  }
  const inOrder = runtimes.flatMap(({ name }) => reports.get(name) ?? []);
  const own = faultsIn(inOrder);
  faults.push(...own);
  passed += inOrder.flatMap(({ tests }) => tests).filter((test) => test.passed).length;
  const table = everywhereTable(inOrder);
  console.log(`\n${table}\n`);
  for (const [limit, where] of limitsShown(inOrder)) console.log(`limit: ${limit} (${where.join(", ")})`);
  if (missing.length > 0) console.log(`not written down: ${missing.join(", ")} did not run on these sources`);
  else if (own.length === 0) await writeDown(table, inOrder);
}

async function writeDown(text: string, inOrder: readonly RuntimeReport[]): Promise<void> {
  const limits = [...limitsShown(inOrder)].map(([limit, where]) => `- ${limit}: ${where.join(", ")}`);
  const page = [
    "# Where the suites ran",
    "Written by `npm run test:everywhere`. Each cell: the tests that passed, on etcd 3.4, etcd 3.5 and in memory together;",
    "in brackets those among them that show a known limit of that runtime.\n",
    `${text}\n`,
    "The limits shown (reasons in [known-limits.md](known-limits.md)):\n",
    ...limits,
  ];
  await writeFile(join(root, "test/everywhere.md"), `${page.join("\n")}\n`);
}
