import { pathToFileURL } from "node:url";
import { bundle } from "../test/package/bundle.ts";
import { clientRule, entryRules, flagsRule } from "../test/package/bundle-rules.ts";
import { entries, manifest } from "../test/package/project.ts";
import { installSize } from "./install-size.ts";
import { helpCost, importCost, importMs, medianOf, type StartCost } from "./start-costs.ts";

export interface SizeRow {
  /** The code measured. */
  readonly code: string;
  /** Bytes, bundled with all that it needs. */
  readonly minified: number;
  readonly gzipped: number;
  /** What `gzipped` should be, where it is more. */
  readonly goal: number | undefined;
  /** Milliseconds a fresh Node takes to import the entry, unbundled: the median of several. */
  readonly importMs: number;
  /** Minified bytes by file. */
  readonly files: Readonly<Record<string, number>>;
}

/** What each entry of the built package costs, and the client alone and with flags. */
export async function sizeReport(): Promise<SizeRow[]> {
  const { name } = manifest;
  const client = `export { createEtcd } from "${name}"`;
  const measured = [
    { code: client, from: name, rule: clientRule },
    { code: `${client}; export { createFlags } from "${name}/flags"`, from: `${name}/flags`, rule: flagsRule },
    ...entries.map(({ subpath }) => ({
      code: `export * from "${name}${subpath.slice(1)}"`,
      from: name + subpath.slice(1),
      rule: entryRules[subpath],
    })),
  ];
  const rows: SizeRow[] = [];
  for (const { code, from, rule } of measured) {
    const { minified, gzipped, files } = await bundle(code);
    rows.push({
      code,
      minified,
      gzipped,
      goal: rule?.goal,
      importMs: medianOf(Array.from({ length: 7 }, () => importMs(from))),
      files,
    });
  }
  return rows;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // With --files: what the client is made of, the biggest first.
  const byFile = process.argv.includes("--files");
  const rows = await sizeReport();
  console.log("minified     gzip     goal  import");
  for (const { code, minified, gzipped, goal, importMs } of rows) {
    const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`.padStart(8);
    const wanted = goal === undefined ? " ".repeat(8) : kb(goal);
    console.log(`${kb(minified)} ${kb(gzipped)} ${wanted} ${`${importMs.toFixed(0)} ms`.padStart(7)}  ${code}`);
  }
  const { packages, bytes, files, own } = installSize();
  const times = ({ ms, otherMs }: StartCost): string =>
    `${(ms / otherMs).toFixed(1)} ×, ${ms.toFixed(0)} / ${otherMs.toFixed(0)} ms`;
  const goals: readonly (readonly [string, string, string])[] = [
    ["npm install: packages", String(packages), "7"],
    ["npm install: MB", (bytes / 1e6).toFixed(1), "5"],
    ["npm install: files", `${files}, ${own} its own`, "700"],
    ["import / an empty file, time", times(importCost()), "5 ×"],
    ["--help / node -e 0, CPU", times(helpCost()), "2 ×"],
  ];
  for (const [what, found, goal] of goals) console.log(`${what.padEnd(34)} ${found.padStart(22)}   goal ${goal}`);
  const biggest = byFile ? Object.entries(rows[0]?.files ?? {}).toSorted(([, a], [, b]) => b - a) : [];
  for (const [file, bytes] of biggest) console.log(`${String(bytes).padStart(8)}  ${file}`);
}
