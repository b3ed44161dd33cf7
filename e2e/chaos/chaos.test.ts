import { describe, expect, it } from "vitest";
import { faults, pausesAreSafe } from "./nemesis.ts";
import { runChaos } from "./run-chaos.ts";

describe("clients of three members while things go wrong", () => {
  it("are told nothing that cannot be true", { timeout: 600_000 }, async () => {
    const seed = Date.now() % 1_000_000;
    const size = { durationMs: 25_000, minOperations: 20_000, clients: 12, linesPerClient: 6 };
    const report = await runChaos({ version: "3.5", seed, ...size });
    const { violations, record: _, ...facts } = report;
    console.log(JSON.stringify(facts));
    expect(violations, `seed ${seed}`).toEqual({ byRevision: [], linearizable: [], leases: [], watch: [] });
    // That the run was one at all.
    expect(Object.keys(report.faults).length).toBeGreaterThanOrEqual(8);
    expect(report.operations).toBeGreaterThanOrEqual(20_000);
    const called = [
      "range",
      "put",
      "txn",
      "txn of two keys",
      "update",
      "put with guard",
      "delete",
      "delete with guard",
    ];
    expect(Object.keys(report.methods)).toEqual(expect.arrayContaining([...called, "lease.grant"]));
    expect(report.outcomes.unknown).toBeGreaterThan(0);
    expect(report.changes).toBeGreaterThan(50);
    expect(report.reconnects).toBeGreaterThan(0);
  });

  it("are found out where they repeat writes", { timeout: 180_000 }, async () => {
    const bug = "repeats a write whose outcome is unknown";
    const { violations } = await runChaos({ version: "3.5", durationMs: 8_000, seed: 5, only: ["answers lost"], bug });
    expect(violations.byRevision.map(({ rule }) => rule)).toContain("once");
  });

  it("know which releases read the past after a pause", () => {
    const safe = ["3.4.42", "3.5.28", "3.5.33", "3.6.0", "3.6.14"];
    const unsafe = ["3.4.23", "3.4.41", "3.5.0", "3.5.16", "3.5.27"];
    expect([safe.map(pausesAreSafe), unsafe.map(pausesAreSafe)]).toEqual([
      safe.map(() => true),
      unsafe.map(() => false),
    ]);
    expect(Object.keys(faults)).toHaveLength(15);
  });
});
