import { describe, expect, it } from "vitest";
import { createEtcd, type Etcd, EtcdError } from "../../src/index.ts";
import { refused } from "../transport/network-failures.ts";

// Calls wait for work that they share, a login or the lease of exactly-once writes. Where that is refused until their time
// is up, they say what was refused.

const auth = { username: "root", password: "secret" };
const waits: [string, { readonly auth?: typeof auth }, string, (etcd: Etcd) => Promise<unknown>][] = [
  ["a login", { auth }, "auth/authenticate", (etcd) => etcd.get("k")],
  ["a lease for its record", {}, "lease/grant", (etcd) => etcd.put("k", "v", { exactlyOnce: true })],
];

describe.each([true, false])("with shareRequests %s, a call that waits for", (shareRequests) => {
  describe.each(waits)("%s", (_name, options, path, call) => {
    it.each([
      ["an unreachable server", () => Promise.reject(refused()), "Unreachable"],
      ["a busy one", () => Promise.resolve(busy()), "NoLeader"],
    ])("names the failure of %s when its time is up, and what was tried", async (_server, answer, reason) => {
      const asked = new Set<string>();
      await using etcd = createEtcd({
        endpoints: ["https://a:2379", "https://b:2379"],
        timeoutMs: 300,
        retry: { baseMs: 10, capMs: 20 },
        shareRequests,
        fetch: (input) => {
          asked.add(new URL(String(input)).pathname.slice("/v3/".length));
          return answer();
        },
        ...options,
      });
      const [first, second] = await Promise.all(
        [call(etcd), call(etcd)].map((each) => each.catch((error: unknown) => error)),
      );
      for (const error of [first, second]) {
        if (!EtcdError.is(error)) throw error;
        expect(error).toMatchObject({ reason, outcome: "not-applied" });
        expect(error.attempts.length).toBeGreaterThan(0);
      }
      expect([...asked]).toEqual([path]);
    });
  });
});

function busy(): Response {
  const body = { error: "etcdserver: no leader", code: 14, message: "etcdserver: no leader" };
  return Response.json(body, { status: 503 });
}
