import { describe, expect, it } from "vitest";
import { diagnose, type Examined } from "../../cli/doctor.ts";

type Status = NonNullable<Examined["endpoints"][number]["status"]>;
type Member = NonNullable<Examined["members"]>[number];

const status = (more: Partial<Status> = {}): Status => ({
  clusterId: 1n,
  memberId: 10n,
  revision: 1n,
  leader: 10n,
  version: "3.5.17",
  dbSize: 1000n,
  dbSizeInUse: 1000n,
  dbSizeQuota: 2n * 1024n ** 3n,
  raftTerm: 2n,
  raftIndex: 100n,
  raftAppliedIndex: 100n,
  isLearner: false,
  errors: [],
  storageVersion: "3.5.0",
  downgradeInfo: undefined,
  ...more,
});

const endpoint = (more: Partial<Status> = {}): Examined["endpoints"][number] => ({
  endpoint: `http://m${more.memberId ?? 10n}`,
  ms: 3,
  status: status(more),
});

const member = (id: bigint, more: Partial<Member> = {}): Member => ({
  id,
  name: `m${id}`,
  peerUrls: [],
  clientUrls: [],
  isLearner: false,
  ...more,
});

/** What is found, without that an endpoint answers and that members agree. */
function troubles(examined: Partial<Examined>): string[] {
  return diagnose({ endpoints: [endpoint()], tls: true, ...examined })
    .filter(({ level }) => level !== "ok")
    .map(({ level, text }) => `${level}: ${text}`);
}

describe("doctor", () => {
  it("finds no fault in a healthy member, and says what it saw", () => {
    expect(diagnose({ endpoints: [endpoint()], tls: true })).toEqual([
      { level: "ok", text: "http://m10 answers in 3 ms, etcd 3.5.17" },
      { level: "ok", text: "there is one leader, and the members agree" },
    ]);
  });

  it.each<readonly [string, Partial<Examined>, string]>([
    ["an endpoint that does not answer", { endpoints: [{ endpoint: "http://a", ms: 1 }] }, "fault: http://a does not"],
    [
      "an endpoint that is not healthy",
      { endpoints: [{ ...endpoint(), health: { healthy: false, reason: "NOSPACE" } }] },
      "fault: http://m10 is not healthy: NOSPACE",
    ],
    ["errors of a member", { endpoints: [endpoint({ errors: ["no leader"] })] }, "fault: http://m10 reports no leader"],
    [
      "endpoints of two clusters",
      { endpoints: [endpoint(), endpoint({ memberId: 11n, clusterId: 2n })] },
      "fault: the endpoints belong to 2 clusters",
    ],
    [
      "different versions",
      { endpoints: [endpoint(), endpoint({ memberId: 11n, version: "3.4.34" })] },
      "warning: the members run different versions: 3.5.17, 3.4.34",
    ],
    ["a member without a leader", { endpoints: [endpoint({ leader: 0n })] }, "fault: a member has no leader"],
    [
      "a member that lags",
      { endpoints: [endpoint({ raftAppliedIndex: 5000n }), endpoint({ memberId: 11n })] },
      "warning: a member is 4900 entries behind",
    ],
    [
      "a database near its quota",
      { endpoints: [endpoint({ dbSize: 80n, dbSizeQuota: 100n })] },
      "warning: member a uses 80 % of its space",
    ],
    [
      "a database that is mostly free",
      { endpoints: [endpoint({ dbSize: 200_000_000n, dbSizeInUse: 1n })] },
      "warning: more than half of the database file of member a is free",
    ],
    ["a member that never started", { members: [member(10n), member(11n, { name: "" })] }, "fault: member b was added"],
    ["an even number of voters", { members: [member(10n), member(11n)] }, "warning: 2 voting members"],
    ["members that were not asked", { members: [member(10n), member(12n)] }, "warning: not asked: m12"],
    ["an alarm", { alarms: [{ type: "NOSPACE", memberId: 10n }] }, "fault: alarm NOSPACE on member a"],
    [
      "no auth behind open CORS",
      { auth: { enabled: false, authRevision: 1n }, anyOrigin: true },
      "warning: authenticat",
    ],
    ["auth without TLS", { auth: { enabled: true, authRevision: 1n }, tls: false }, "warning: passwords and tokens"],
  ])("finds %s", (_, examined, expected) => {
    expect(troubles(examined)).toContainEqual(expect.stringContaining(expected));
  });
});
