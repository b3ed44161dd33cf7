import { expect, it, onTestFinished } from "vitest";
import { createEtcd, type Etcd, type EtcdOptions } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { lostAnswer } from "../transport/network-failures.ts";

// The address of a member may come to be that of another cluster.

interface Rig {
  readonly own: MemoryEtcd;
  readonly foreign: MemoryEtcd;
  /** The hosts that the other cluster has taken over. */
  readonly taken: Set<string>;
  /** The path of each request, as in `a /v3/kv/put`. */
  readonly requests: string[];
  connect(options?: Partial<EtcdOptions>): Etcd;
}

function setUp(): Rig {
  const [own, foreign] = [createMemoryEtcd({ seed: 1 }), createMemoryEtcd({ seed: 2 })];
  const taken = new Set<string>();
  const requests: string[] = [];
  return {
    own,
    foreign,
    taken,
    requests,
    connect(options = {}) {
      const etcd = createEtcd({
        endpoints: ["http://a", "http://b", "http://c"],
        fetch(input, init) {
          const { hostname, pathname } = new URL(String(input));
          requests.push(`${hostname} ${pathname}`);
          return (taken.has(hostname) ? foreign : own).fetch(input, init);
        },
        ...options,
      } as EtcdOptions);
      onTestFinished(() => etcd.close());
      return etcd;
    },
  };
}

function reader(memory: MemoryEtcd): Etcd {
  const etcd = createEtcd({ fetch: memory.fetch });
  onTestFinished(() => etcd.close());
  return etcd;
}

it("an endpoint of another cluster is left: the call that met it says so, and those after it are right", async () => {
  const { foreign, taken, connect } = setUp();
  const etcd = connect();
  await etcd.put("k", "1");
  taken.add("a");
  await expect(etcd.put("k", "2")).rejects.toMatchObject({
    reason: "ClusterChanged",
    outcome: "applied",
    attempts: [{ endpoint: "http://a", reason: "ClusterChanged", outcome: "applied" }],
  });
  await etcd.put("k", "3");
  expect((await etcd.get("k"))?.version).toBe(2n);
  expect((await reader(foreign).get("k"))?.text()).toBe("2");
});

it("a read or a watch that meets it leads calls elsewhere, too", async () => {
  const { taken, connect } = setUp();
  for (const meet of [
    (etcd: Etcd) => etcd.get("k"),
    (etcd: Etcd) => etcd.maintenance.status(),
    (etcd: Etcd) => etcd.watch("k").ready,
  ]) {
    taken.clear();
    const etcd = connect({ expectedClusterId: (await connect().maintenance.status()).clusterId });
    await etcd.put("k", "1");
    taken.add("a");
    await expect(meet(etcd)).rejects.toMatchObject({ reason: "ClusterChanged" });
    expect(etcd.endpointInUse).toBe("http://b");
    await etcd.put("k", "2");
  }
});

it("while all endpoints are of another cluster nothing is changed in it; when they are back, all goes on", async () => {
  const { foreign, taken, requests, connect } = setUp();
  const etcd = connect();
  await etcd.put("k", "1");
  for (const host of ["a", "b", "c"]) taken.add(host);
  await expect(etcd.get("k")).rejects.toMatchObject({ reason: "ClusterChanged" });
  for (const write of [
    () => etcd.put("k", "2"),
    () => etcd.put("k", "2", { exactlyOnce: true }),
    () => etcd.delete("k"),
    () => etcd.lease.grant(60),
    () => etcd.lease.revoke(7n),
    () => etcd.compact(1n),
  ])
    await expect(write()).rejects.toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
  expect(requests.filter((request) => /put|delete|revoke|compact/.test(request))).toEqual(["a /v3/kv/put"]);
  expect((await reader(foreign).maintenance.status()).revision).toBe(1n);
  taken.clear();
  await etcd.put("k", "3");
  expect((await etcd.get("k"))?.version).toBe(2n);
});

it("where an id is expected nothing is changed before it is known that this cluster is there", async () => {
  const { foreign, taken, requests, connect } = setUp();
  const own = (await connect().maintenance.status()).clusterId;
  taken.add("a");
  const etcd = connect({ endpoints: "http://a", expectedClusterId: own });
  await expect(etcd.put("k", "1")).rejects.toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
  expect(await reader(foreign).get("k")).toBeNull();
  taken.clear();
  requests.length = 0;
  await etcd.put("k", "1");
  await etcd.put("k", "2");
  expect(requests).toEqual(["a /v3/kv/txn", "a /v3/kv/put", "a /v3/kv/put"]);
});

it("a write goes to the endpoint that has said which cluster it is, whatever becomes of it meanwhile", async () => {
  const { own, foreign, taken, requests, connect } = setUp();
  const expectedClusterId = (await connect().maintenance.status()).clusterId;
  taken.add("b").add("c");
  let meanwhile: Promise<unknown> | undefined;
  const etcd = connect({
    expectedClusterId,
    retry: false,
    async fetch(input, init) {
      const { hostname, pathname } = new URL(String(input));
      requests.push(`${hostname} ${pathname}`);
      if (pathname === "/v3/kv/range") throw lostAnswer();
      const answer = await (taken.has(hostname) ? foreign : own).fetch(input, init);
      // Once the answer is there, another call leaves the endpoint.
      if (pathname === "/v3/kv/txn") {
        meanwhile ??= etcd.get("other").catch(() => undefined);
        const text = await answer.text();
        await meanwhile;
        return new Response(text, answer);
      }
      return answer;
    },
  });
  await etcd.put("k", "1");
  expect(requests.slice(-3)).toEqual(["a /v3/kv/txn", "a /v3/kv/range", "a /v3/kv/put"]);
  expect(await reader(foreign).get("k")).toBeNull();
});

it("what cannot be asked was not written", async () => {
  const { connect } = setUp();
  const lost = (): Promise<Response> => Promise.reject(lostAnswer());
  const etcd = connect({ expectedClusterId: 1n, retry: false, fetch: lost });
  await expect(etcd.put("k", "1")).rejects.toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
});
