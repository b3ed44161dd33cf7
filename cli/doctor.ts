import type { Alarm, AuthStatus, Health, Member, Status } from "fetcd";
import type { EndpointStatus } from "./endpoint-status.ts";

/** One result of a check. */
export interface Finding {
  readonly level: "ok" | "warning" | "fault";
  readonly text: string;
}

/** What was read from a cluster. Parts that could not be read are missing. */
export interface Examined {
  readonly endpoints: readonly (EndpointStatus & { readonly health?: Health })[];
  readonly members?: readonly Member[];
  readonly alarms?: readonly Alarm[];
  readonly auth?: AuthStatus;
  /** Whether a page of any origin may read the answers of an endpoint. */
  readonly anyOrigin?: boolean;
  readonly tls: boolean;
}

const fault = (text: string): Finding => ({ level: "fault", text });
const warning = (text: string): Finding => ({ level: "warning", text });
const ok = (text: string): Finding => ({ level: "ok", text });

/** Decides what is good and bad in what was read; sends no request. */
export function diagnose(examined: Examined): Finding[] {
  const { endpoints } = examined;
  const answers = endpoints.flatMap(({ status }) => (status === undefined ? [] : [status]));
  return [
    ...endpoints.map(reachable),
    ...(answers.length === 0 ? [] : [...together(answers), ...agreement(answers), ...answers.flatMap(space)]),
    ...membership(examined),
    ...alarms(examined.alarms),
    ...exposure(examined),
  ];
}

function reachable({ endpoint, status, health, error, ms }: Examined["endpoints"][number]): Finding {
  if (status === undefined) return fault(`${endpoint} does not answer: ${error?.message ?? "no reason"}`);
  if (health?.healthy === false) return fault(`${endpoint} is not healthy: ${health.reason || "it does not say why"}`);
  if (status.errors.length > 0) return fault(`${endpoint} reports ${status.errors.join("; ")}`);
  return ok(`${endpoint} answers in ${ms} ms, etcd ${status.version}`);
}

function together(answers: readonly Status[]): Finding[] {
  const clusters = new Set(answers.map(({ clusterId }) => clusterId));
  if (clusters.size > 1) return [fault(`the endpoints belong to ${clusters.size} clusters`)];
  const versions = new Set(answers.map(({ version }) => version));
  return versions.size > 1 ? [warning(`the members run different versions: ${[...versions].join(", ")}`)] : [];
}

function agreement(answers: readonly Status[]): Finding[] {
  const leaders = new Set(answers.map(({ leader }) => leader));
  if (leaders.has(0n)) return [fault("a member has no leader: it refuses writes")];
  if (leaders.size > 1) return [warning("the members follow different leaders: an election may be in progress")];
  const applied = answers.map(({ raftAppliedIndex }) => raftAppliedIndex);
  const [first = 0n] = applied;
  const behind = applied.reduce((a, b) => (a > b ? a : b), first) - applied.reduce((a, b) => (a < b ? a : b), first);
  if (behind > 1_000n) return [warning(`a member is ${behind} entries behind: serializable reads there are stale`)];
  return [ok("there is one leader, and the members agree")];
}

/** etcd refuses writes once the file reaches its quota, which is 2 GiB unless set. */
function space({ memberId, dbSize, dbSizeInUse, dbSizeQuota = 2n * 1024n ** 3n }: Status): Finding[] {
  const name = memberId.toString(16);
  const percent = Number((dbSize * 100n) / dbSizeQuota);
  if (percent >= 80) return [warning(`member ${name} uses ${percent} % of its space: compact and defragment`)];
  const free = dbSize - dbSizeInUse;
  if (dbSize > 100_000_000n && free * 2n > dbSize) {
    return [warning(`more than half of the database file of member ${name} is free: defragment`)];
  }
  return [];
}

function membership({ members, endpoints }: Examined): Finding[] {
  if (members === undefined) return [];
  const answering = new Set(endpoints.flatMap(({ status }) => (status === undefined ? [] : [status.memberId])));
  const voters = members.filter(({ isLearner }) => !isLearner);
  const unasked = members.filter(({ id }) => !answering.has(id));
  return [
    ...members.flatMap(({ id, name }) =>
      name === "" ? [fault(`member ${id.toString(16)} was added but never started: it counts as down`)] : [],
    ),
    ...(voters.length % 2 === 0
      ? [warning(`${voters.length} voting members survive no more failures than ${voters.length - 1}`)]
      : []),
    ...(unasked.length > 0
      ? [warning(`not asked: ${unasked.map(({ name, id }) => name || id.toString(16)).join(", ")} (see --endpoints)`)]
      : []),
  ];
}

function alarms(raised: readonly Alarm[] | undefined): Finding[] {
  return (raised ?? []).map(({ type, memberId }) => fault(`alarm ${type} on member ${memberId.toString(16)}`));
}

function exposure({ auth, anyOrigin, tls }: Examined): Finding[] {
  if (auth === undefined) return [];
  return [
    ...(auth.enabled ? [ok("authentication is on")] : []),
    ...(!auth.enabled && anyOrigin === true
      ? [
          warning(
            "authentication is off and CORS allows every origin: any web page can write from the browser of its visitors",
          ),
        ]
      : []),
    ...(auth.enabled && !tls ? [warning("passwords and tokens travel without TLS")] : []),
  ];
}
