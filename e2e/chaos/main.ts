import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { EtcdVersion } from "../etcd.ts";
import { faults } from "./nemesis.ts";
import { runChaos } from "./run-chaos.ts";
import { seededBugs } from "./seeded-bugs.ts";

const usage = `npm run chaos -- [--seconds 120] [--version 3.5] [--seed <number>] [--operations 0] [--clients 8] [--lines 3] [--watchers 4] [--only <fault>]... [--bug <name>] [--save <file>]

Clients at work on three members of etcd while things go wrong. Ends with status 1 if what they were told cannot be true.
It goes on for --seconds, and until --operations are done by the --lines of work of each client.
--only limits the faults to one kind, or several:
${Object.keys(faults)
  .map((name) => `  "${name}"`)
  .join("\n")}
--save writes all that the checkers looked at.
--bug makes the clients wrong in one way, which has to be found:
${Object.keys(seededBugs)
  .map((name) => `  "${name}"`)
  .join("\n")}`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    version: { type: "string", default: "3.5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    operations: { type: "string", default: "0" },
    clients: { type: "string", default: "8" },
    lines: { type: "string", default: "3" },
    watchers: { type: "string", default: "4" },
    only: { type: "string", multiple: true },
    bug: { type: "string" },
    save: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(usage);
} else {
  const startedAt = performance.now();
  const report = await runChaos({
    version: values.version as EtcdVersion,
    durationMs: Number(values.seconds) * 1000,
    seed: Number(values.seed),
    minOperations: Number(values.operations),
    clients: Number(values.clients),
    linesPerClient: Number(values.lines),
    watchers: Number(values.watchers),
    only: values.only,
    bug: values.bug,
    progress: (fault) => {
      console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${fault}`);
    },
  });
  const { outcomes, violations } = report;
  const injected = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  const found = [...violations.byRevision, ...violations.linearizable, ...violations.leases, ...violations.watch];
  console.log(`
etcd ${report.version}, seed ${report.seed}
operations        ${report.operations} (${outcomes.ok} answered, ${outcomes["not-applied"]} not applied, ${outcomes.applied} applied without answer)
unknown outcomes  ${outcomes.unknown}, of which ${report.unknownApplied} were applied
faults            ${injected} of ${Object.keys(report.faults).length} kinds
changes           ${report.changes}, watched by each watcher, over ${report.reconnects} reconnects
checked in        ${Math.round(report.checkMs)} ms
violations        ${found.length} (${violations.byRevision.length} by revision, ${violations.linearizable.length} by order, ${violations.leases.length} of leases, ${violations.watch.length} of watches)`);
  for (const { rule, what } of found.slice(0, 20)) console.log(`  ${rule}: ${what}`);
  if (values.save !== undefined) {
    const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);
    await writeFile(values.save, JSON.stringify(report, plain, 1));
  }
  process.exitCode = found.length > 0 ? 1 : 0;
}
