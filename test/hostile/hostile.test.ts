import { describe, expect, it } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { createEtcdV2 } from "../../src/v2/index.ts";
import { calls, methodsOf, v2Calls } from "./calls.ts";
import { runDecoders } from "./decoders.ts";
import { runHostile } from "./run-hostile.ts";

// `FETCD_HOSTILE_RUNS=20000` runs that many calls.
const runs = Number(process.env["FETCD_HOSTILE_RUNS"] ?? 1500);

describe("unexpected answers", () => {
  it("are tried on every method", () => {
    const [known, knownV2] = [Object.keys(calls), Object.keys(v2Calls)];
    expect(methodsOf(createEtcd()).filter((name) => !known.includes(name))).toEqual([]);
    expect(methodsOf(createEtcdV2()).filter((name) => !knownV2.includes(name))).toEqual([]);
  });

  it(`end ${runs} calls with an error that is documented, or not at all; none hangs`, { timeout: runs * 100 }, () =>
    runHostile(runs, 100),
  );

  it("of DNS services and gRPC-Web proxies end alike", { timeout: 600_000 }, () => runDecoders(Math.ceil(runs / 20)));
});
