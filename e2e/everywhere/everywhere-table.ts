import type { TestReport } from "./reporter.ts";
import type { RuntimeReport } from "./run-in.ts";

const titles: Readonly<Record<string, string>> = {
  exactlyOnce: "exactly once",
  batchReads: "batched reads",
};

/** A Markdown table, runtime × suite, of how many tests passed, failed, and showed a known limit. */
export function everywhereTable(reports: readonly RuntimeReport[]): string {
  const suites = [...new Set(reports.flatMap(({ tests }) => tests.map(suiteOf)))];
  const rows = [
    ["", ...suites.map((suite) => titles[suite] ?? suite)],
    ["---", ...suites.map(() => "---:")],
    ...reports.map(({ runtime, version, tests }) => [
      `${runtime === `Node ${version.split(".")[0]}` ? "Node" : runtime} ${version}`,
      ...suites.map((suite) => cell(tests.filter((test) => suiteOf(test) === suite))),
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The known limits that tests have shown, with the runtimes they have shown them in. */
export function limitsShown(reports: readonly RuntimeReport[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { runtime, tests } of reports) {
    for (const { limit } of tests) {
      if (limit !== undefined) found.set(limit, (found.get(limit) ?? new Set()).add(runtime));
    }
  }
  return new Map([...found].map(([limit, names]) => [limit, [...names]]));
}

/** One sentence for each test that failed, and for each runtime that ran fewer tests than another. */
export function faultsIn(reports: readonly RuntimeReport[]): string[] {
  const faults = reports.flatMap(({ runtime, tests }) =>
    tests.filter(({ passed }) => !passed).map(({ path, error }) => `${runtime}: ${path.join(" > ")}: ${error}`),
  );
  const most = Math.max(0, ...reports.map(({ tests }) => tests.length));
  for (const { runtime, tests } of reports) {
    if (tests.length < most) faults.push(`${runtime} ran ${tests.length} tests, of ${most}`);
  }
  return faults;
}

function cell(tests: readonly TestReport[]): string {
  const failed = tests.filter(({ passed }) => !passed).length;
  const limits = tests.filter(({ passed, limit }) => passed && limit !== undefined).length;
  const parts = [`${tests.length - failed}`];
  if (failed > 0) parts.push(`**${failed} failed**`);
  if (limits > 0) parts.push(`(${limits})`);
  return tests.length === 0 ? "**none**" : parts.join(" ");
}

/** The suites are inside of a `describe` for the server. */
function suiteOf({ path }: TestReport): string {
  return path.length > 1 ? (path[1] ?? "") : "";
}
