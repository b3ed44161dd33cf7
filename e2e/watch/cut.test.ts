import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { take } from "../../test/suites/tools.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { history, type Written } from "../faults/ground-truth.ts";
import { each } from "../faults/subject.ts";
import { cutting, record, writeHistory } from "./recorded-catch-up.ts";

/** On both servers together. `FETCD_WATCH_CUTS=10000` for the long run. */
const cuts = Number(process.env["FETCD_WATCH_CUTS"] ?? 500) / 2;
const prefix = "cut/";

vi.setConfig({ testTimeout: Math.max(600_000, cuts * 500) });

describe.each(["3.4", "3.5"] as const)("a catch-up of etcd %s", (version) => {
  let server: Server;
  let truth: Written[];
  let from: bigint;
  let recorded: Uint8Array;
  beforeAll(async () => {
    server = await startEtcd({ version });
    from = await writeHistory(server, prefix, 2750);
    truth = (await history(server, prefix, from)).filter(({ key }) => !key.endsWith("~end"));
    recorded = await record(server, prefix, from, BigInt(truth.at(-1)?.revision ?? 0));
  });
  afterAll(() => server.close());

  it(`D1: cut after any of ${cuts} numbers of bytes it is resumed: nothing is lost, doubled or out of order`, async () => {
    expect(new Set(truth.map(({ revision }) => revision)).size).toBeGreaterThan(3000);
    const expected = truth.map(({ type, key, value, revision }) => `${revision} ${type} ${key} ${value}`);
    // Every part of it, and every byte of where it begins and ends.
    const edges = [0, 1, 2, 100, recorded.length - 2, recorded.length - 1, recorded.length];
    const sampled = Array.from({ length: cuts - edges.length }, (_, i) =>
      Math.floor((recorded.length * (i + Math.random())) / cuts),
    );
    await each([...edges, ...sampled], 32, async (at) => {
      const how = at % 2 === 0 ? "end" : "error";
      await using etcd = createEtcd({ endpoints: server.endpoints, fetch: cutting(recorded, at, how) });
      const batches = etcd.watch({ prefix }, { from, maxQueue: 100_000 }).batches();
      const got: string[] = [];
      while (got.length < expected.length) {
        const { value } = await batches.next();
        for (const { type, entry, revision } of value?.events ?? [])
          got.push(`${revision} ${type} ${entry.key} ${type === "put" ? entry.text() : ""}`);
      }
      const wrong = got.findIndex((text, i) => text !== expected[i]);
      if (wrong >= 0) expect.fail(`cut at ${at} by ${how}: got ${got[wrong]} for ${expected[wrong]}`);
      await batches.return?.();
    });
  });

  it("D2, D3: cut right after it is confirmed it starts where it was asked to, or where it was confirmed", async () => {
    const confirmation = recorded.indexOf(10) + 1;
    await using past = createEtcd({ endpoints: server.endpoints, fetch: cutting(recorded, confirmation, "error") });
    expect((await take(1, past.watch({ prefix }, { from })))[0]?.revision).toBe(from);

    // The recording says a revision of the past: what was written since is what must not be missed.
    await using live = createEtcd({ endpoints: server.endpoints, fetch: cutting(recorded, confirmation, "error") });
    const watch = live.watch("D2");
    const { revision } = await watch.ready;
    const written = await live.put("D2", "in the gap");
    expect(written.revision).toBeGreaterThan(revision);
    expect((await take(1, watch))[0]?.revision).toBe(written.revision);
  });
});
