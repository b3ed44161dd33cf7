import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProxy, type EtcdProxy } from "../../src/proxy/index.ts";
import { access, guard, type Guarded, inTurns, judge, noLimits, tenant } from "../../test/proxy/oracle.ts";
import { randomRequest } from "../../test/proxy/random-requests.ts";
import { type Etcd, startEtcd } from "../etcd.ts";

/** More of them in a long run. */
const requests = Number(process.env["FETCD_PROXY_REQUESTS"] ?? 1600);
const seed = Number(process.env["FETCD_PROXY_SEED"] ?? Date.now() % 1e9);

describe("A proxy with the ranges of a role of a real etcd", () => {
  let etcd: Etcd;
  let guarded: Guarded;
  /** Asked beside the proxy, and another one: etcd 3.5 itself checks no permissions in nested transactions. */
  let reference: Etcd;
  let guardedReference: Guarded;
  let proxy: EtcdProxy;
  let tenants: EtcdProxy;

  beforeAll(async () => {
    [etcd, reference] = await Promise.all([startEtcd({ version: "3.5" }), startEtcd({ version: "3.5" })]);
    const [origin = ""] = etcd.endpoints;
    guarded = await guard(origin, (request) => fetch(request));
    guardedReference = await guard(reference.endpoints[0] ?? "", (request) => fetch(request));
    const client = { endpoints: origin, auth: guarded.auth };
    proxy = createProxy({ etcd: client, authorize: () => access, limits: noLimits });
    tenants = createProxy({ etcd: client, authorize: () => tenant, limits: noLimits });
  });
  afterAll(async () => {
    await proxy?.close();
    await tenants?.close();
    await etcd?.close();
    await reference?.close();
  });

  it(`refuses whatever etcd refuses, and lets nothing out (seed ${seed})`, async () => {
    const before = await guarded.canaries();
    const all = fc.sample(randomRequest, { numRuns: requests / 2, seed });
    const counts = { denied: 0, passed: 0 };
    await inTurns(all, async (request) => {
      const { fault, denied, passed } = await judge(proxy, request, guardedReference);
      expect(fault).toBeUndefined();
      counts.denied += Number(denied);
      counts.passed += Number(passed);
    });
    expect(await guarded.canaries()).toEqual(before);
    expect(counts.denied).toBeGreaterThan(all.length / 4);
    expect(counts.passed).toBeGreaterThan(all.length / 30);
  }, 3_600_000);

  it(`keeps a tenant's names apart from all others (seed ${seed})`, async () => {
    const before = await guarded.canaries();
    let count = 0;
    await inTurns(fc.sample(randomRequest, { numRuns: requests / 2, seed: seed + 1 }), async (request) => {
      const { fault, passed } = await judge(tenants, request);
      expect(fault).toBeUndefined();
      count += Number(passed);
    });
    expect(await guarded.canaries()).toEqual(before);
    expect(count).toBeGreaterThan(requests / 10);
  }, 3_600_000);
});
