import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { createProxyBy } from "../../src/proxy/create-proxy.ts";
import { checkKeys, type KeyCheck } from "../../src/proxy/proxy-call.ts";
import { access, guard, inTurns, judge, noLimits } from "./oracle.ts";
import { randomRequest } from "./random-requests.ts";

/** Those that a hole in the checks of ranges lets through. None of them waits. */
const reads = randomRequest.filter(({ path }) => /^\/v3\/kv\/(?:range|put|deleterange|txn)$/.test(path));

/** What random requests find of a proxy whose ranges are checked so, in front of an etcd in memory. */
async function faultsOf(check: KeyCheck): Promise<string[]> {
  const memory = createMemoryEtcd();
  const origin = "http://127.0.0.1:2379";
  const guarded = await guard(origin, memory.fetch);
  const options = { etcd: { fetch: memory.fetch, auth: guarded.auth }, authorize: () => access, limits: noLimits };
  const proxy = createProxyBy(options, { shareRequests: true }, check);
  const faults: string[] = [];
  const before = await guarded.canaries();
  await inTurns(fc.sample(reads, { numRuns: 250, seed: 7 }), async (request) => {
    const { fault } = await judge(proxy, request, guarded);
    if (fault !== undefined) faults.push(fault);
  });
  if (JSON.stringify(await guarded.canaries()) !== JSON.stringify(before)) faults.push("what is outside has changed");
  await proxy.close();
  return faults;
}

const none = new Uint8Array(0);

describe("Random requests", () => {
  it.each<[string, KeyCheck]>([
    ["compares", (rights, touched, part) => part.compared ?? checkKeys(rights, touched, part)],
    ["nested transactions", (rights, touched, part) => part.depth > 1 || checkKeys(rights, touched, part)],
    ["range ends", (rights, touched, part) => checkKeys(rights, { ...touched, rangeEnd: none }, part)],
    ["deletes", (rights, touched, part) => touched.access === "write" || checkKeys(rights, touched, part)],
  ])(
    "find a proxy that forgets %s",
    async (_, check) => {
      expect(await faultsOf(check)).not.toEqual([]);
    },
    30_000,
  );

  it("find nothing in the proxy as it is", async () => {
    expect(await faultsOf(checkKeys)).toEqual([]);
  }, 30_000);
});
