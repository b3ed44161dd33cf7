import type { SizeRow } from "../scripts/size-report.ts";
import type { StartCost } from "../scripts/start-costs.ts";
import { batched, type Case } from "./cases.ts";
import { names } from "./contestants.ts";
import { type Cost, median, ratio, type Rounds } from "./measure.ts";

const others = [names.fetch, names.bounded, names.buffer, names.etcd3] as const;

const caseColumns = [26, 9, 9, 19, 19, 19, 19, 9];

function caseLine(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(caseColumns[i] ?? 0)))
    .join("")
    .trimEnd();
}

export const caseTitle: string = [
  caseLine(["", "fetcd", "fetcd", ...others.map((name) => `/ ${name}`), ""]),
  caseLine(["", "ms", "cpu ms", ...others.map(() => "ms    cpu "), ""]),
].join("\n");

/** Each pair is the ratio of latencies and that of processor times; `!` marks one that misses its target. */
export function caseRow({ name, target }: Case, rounds: Rounds): string {
  const own = (of: keyof Cost): string => milliseconds(median((rounds.get(names.fetcd) ?? []).map((cost) => cost[of])));
  const against = (other: string, of: keyof Cost): number => ratio(rounds, names.fetcd, other, of);
  const marked = (other: string, of: keyof Cost): string => {
    const found = against(other, of);
    return `${found.toFixed(2)}${other === target.against && found > target[of] ? "!" : " "}`;
  };
  const missed = (["latencyMs", "cpuMs"] as const).some((of) => against(target.against, of) > target[of]);
  const limits = `≤ ${target.latencyMs.toFixed(2)} ${target.cpuMs.toFixed(2)}`;
  return caseLine([
    name,
    own("latencyMs"),
    own("cpuMs"),
    ...others.map((other) => `${marked(other, "latencyMs")}  ${marked(other, "cpuMs")}`),
    `   ${limits}${missed ? "  MISSED" : ""}`,
  ]);
}

export const batchTitle: string = `${`${batched.gets} gets at once`.padEnd(26)}   gets/s  cpu µs/get  throughput / etcd3`;

export function batchRow(name: string, rounds: Rounds): string {
  const costs = rounds.get(name) ?? [];
  const perSecond = (batched.gets * 1000) / median(costs.map(({ latencyMs }) => latencyMs));
  const cpuMicros = (1000 * median(costs.map(({ cpuMs }) => cpuMs))) / batched.gets;
  const times = ratio(rounds, names.etcd3, name, "latencyMs");
  const assessed = `   ≥ ${batched.target}${times < batched.target ? "  MISSED" : ""}`;
  const cells = [perSecond.toFixed(0).padStart(9), cpuMicros.toFixed(1).padStart(12), times.toFixed(2).padStart(20)];
  return name.padEnd(26) + cells.join("") + (name === names.batched ? assessed : "");
}

export const sizeTitle: string = "minified     gzip  import";

export function sizeRow({ code, minified, gzipped, goal, importMs }: SizeRow): string {
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`.padStart(8);
  const assessed = goal === undefined ? "" : `≤ ${kB(goal).trim()}${gzipped > goal ? "  MISSED" : ""}`;
  return `${kB(minified)} ${kB(gzipped)} ${`${importMs.toFixed(0)} ms`.padStart(7)}  ${code.padEnd(36)} ${assessed}`.trimEnd();
}

export function startRow(what: string, { ms, otherMs }: StartCost, target: number): string {
  const times = ms / otherMs;
  return `${what}: ${times.toFixed(1)} ×, ${ms.toFixed(0)} / ${otherMs.toFixed(0)} ms   ≤ ${target}${times > target ? "  MISSED" : ""}`;
}

const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(3) : ms.toFixed(1));
