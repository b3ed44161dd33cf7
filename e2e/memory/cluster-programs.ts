import fc from "fast-check";
import type { Step } from "./side-by-side.ts";

const at = (path: string, message: fc.Arbitrary<unknown>): fc.Arbitrary<Step> =>
  message.map((body) => ({ path: `/v3/${path}`, body: () => body }));

/** About the member that was added last. */
const onLearner = (path: string, more: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Step> =>
  more.map((message) => ({
    path: `/v3/${path}`,
    body: (_now: bigint, learner: string) => ({ ID: learner, ...message }),
    ofLearner: true,
  }));

const nothing = fc.constant({});
/** Never twice the same: etcd numbers members by their addresses and the second, so that the answer hangs on the clock. */
const newUrl = fc.noBias(fc.bigInt({ min: 0n, max: 2n ** 64n })).map((n) => `http://m${n}.test:1`);
const goodUrls = fc.oneof(
  newUrl.map((url) => [url]),
  // Of one that may be a member's already.
  newUrl.map((url) => ["http://known.test:1", url]),
);
const urls = fc.oneof(
  { weight: 3, arbitrary: goodUrls },
  {
    weight: 1,
    arbitrary: fc.constantFrom([], ["127.0.0.1:1"], ["http://127.0.0.1"], ["ftp://a:1"], ["http://127.0.0.1:1/path"]),
  },
);
const raised = fc.constantFrom("NOSPACE", "NOSPACE", "CORRUPT");
const alarm = fc
  .record({
    action: fc.constantFrom("GET", "ACTIVATE", "DEACTIVATE", "DEACTIVATE"),
    memberID: fc.constantFrom("1", "2"),
    alarm: raised,
  })
  .map((request) => (request.action === "GET" && request.memberID === "1" ? { action: "GET" } : request));
const version = fc.constantFrom("3.3.0", "3.4.0", "3.4", "3.5.0", "3.6.0", "4.0.0", "x", "", "3");
const lease = fc.constantFrom("301", "302", "-5");
/** Servers number leases at random when they are not told how. */
const named = fc.constantFrom("301", "302", "-5");
const key = fc.constantFrom("YQ==", "Yg==");

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: at("maintenance/alarm", alarm) },
  { weight: 3, arbitrary: at("maintenance/status", nothing) },
  { weight: 1, arbitrary: at("maintenance/defragment", nothing) },
  {
    weight: 2,
    arbitrary: at("maintenance/hashkv", fc.record({ revision: fc.constantFrom("0", "999999", "1", "-1") })),
  },
  { weight: 1, arbitrary: at("maintenance/hash", nothing) },
  { weight: 1, arbitrary: at("maintenance/transfer-leadership", fc.constant({ targetID: "12345" })) },
  {
    weight: 3,
    arbitrary: at("maintenance/downgrade", fc.record({ action: fc.constantFrom("VALIDATE", "CANCEL"), version })),
  },
  { weight: 1, arbitrary: at("cluster/member/list", nothing) },
  { weight: 3, arbitrary: at("cluster/member/add", fc.record({ peerURLs: urls, isLearner: fc.constant(true) })) },
  { weight: 3, arbitrary: onLearner("cluster/member/remove", nothing) },
  // Of a learner it would make a voter, and whether etcd then calls the cluster healthy hangs on the clock.
  {
    weight: 1,
    arbitrary: at(
      "cluster/member/update",
      goodUrls.map((peerURLs) => ({ ID: "7", peerURLs })),
    ),
  },
  { weight: 2, arbitrary: onLearner("cluster/member/promote", nothing) },
  { weight: 1, arbitrary: at("cluster/member/promote", fc.constant({ ID: "7" })) },
  { weight: 4, arbitrary: at("kv/put", fc.record({ key, lease: fc.constantFrom(undefined, "301", "-5") })) },
  { weight: 2, arbitrary: at("kv/range", fc.record({ key })) },
  { weight: 1, arbitrary: at("kv/deleterange", fc.record({ key })) },
  {
    weight: 1,
    arbitrary: at(
      "kv/txn",
      fc.record({ key }).map((put) => ({ success: [{ request_put: put }] })),
    ),
  },
  { weight: 1, arbitrary: at("kv/compaction", fc.constantFrom({ revision: "2" }, { revision: "999999" })) },
  {
    weight: 4,
    arbitrary: at("lease/grant", fc.record({ ID: named, TTL: fc.constantFrom("5000", "9000000000", "9000000001") })),
  },
  { weight: 2, arbitrary: at("lease/revoke", fc.record({ ID: lease })) },
  { weight: 3, arbitrary: at("lease/timetolive", fc.record({ ID: lease, keys: fc.constantFrom(undefined, true) })) },
  {
    weight: 3,
    arbitrary: at("lease/keepalive", fc.array(fc.record({ ID: named }), { minLength: 1, maxLength: 4 })),
  },
  { weight: 1, arbitrary: at("election/leader", fc.constant({ name: "YQ==" })) },
);

/** Takes back what an earlier program has left on. */
const end: readonly Step[] = ["NOSPACE", "CORRUPT"].flatMap((name) =>
  ["1", "2"].map((memberID) => ({
    path: "/v3/maintenance/alarm",
    body: () => ({ action: "DEACTIVATE", memberID, alarm: name }),
  })),
);

/**
 * 3.4 answers a change of members before its raft is done with it, drops another one that comes before that, and never
 * answers it. A write in between takes its time.
 */
const write: Step = { path: "/v3/kv/put", body: () => ({ key: "Yw==" }) };
const spaced = (each: Step): readonly Step[] => (each.path.startsWith("/v3/cluster/member/") ? [each, write] : [each]);

/** Alarms and what they keep from working, members that never start, versions, leases that nobody lets end. */
export const clusterProgram: fc.Arbitrary<readonly Step[]> = fc
  .array(step, { minLength: 1, maxLength: 15, size: "max" })
  .map((steps) => [...steps.flatMap(spaced), ...end]);
