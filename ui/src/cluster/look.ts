import { type Alarm, EtcdError, type Member, type Status } from "fetcd";
import type { SessionMember, PageSession } from "../page-session.ts";
import { readMetrics, type Metrics } from "./member-metrics.ts";

/** An endpoint as it answers now. */
export interface EndpointAnswer {
  readonly place: SessionMember;
  /** `undefined`: it gave none. */
  readonly status: Status | undefined;
  /** `undefined`: it shows none to this page. */
  readonly metrics: Metrics | undefined;
}

/** A member with the endpoint that leads to it, an endpoint that leads to no member that is known, or a member without one. */
export interface ClusterNode {
  readonly member: Member | undefined;
  readonly answer: EndpointAnswer | undefined;
}

export interface ClusterState {
  readonly nodes: readonly ClusterNode[];
  readonly members: readonly Member[];
  /** Of those that answer. */
  readonly statuses: readonly Status[];
  /** The leader's, or that of another member where the leader does not answer. */
  readonly status: Status;
  /** Undefined where this user may not ask. */
  readonly alarms: readonly Alarm[] | undefined;
}

/** How long an answer may take, in milliseconds. */
const patienceMs = 2_000;

/** How the cluster is now: each endpoint is asked by itself, and one that does not answer keeps nobody waiting. */
export async function look({ etcd, members: places }: PageSession, signal: AbortSignal): Promise<ClusterState> {
  const [members, alarms, answers] = await Promise.all([
    // Without a leader nobody can tell these; what each member says of itself shows that there is none.
    etcd.cluster.members({ signal, timeoutMs: patienceMs }).catch(none<Member[]>([])),
    etcd.maintenance.alarms(undefined, undefined, { signal, timeoutMs: patienceMs }).catch(none(undefined)),
    Promise.all(
      places.map(async (place): Promise<EndpointAnswer> => {
        const [status, metrics] = await Promise.all([
          place.etcd.maintenance.status(undefined, { signal, timeoutMs: patienceMs }).catch(none(undefined)),
          readMetrics(place, signal),
        ]);
        return { place, status, metrics };
      }),
    ),
  ]);
  const statuses = answers.flatMap(({ status }) => status ?? []);
  const status =
    statuses.find(({ memberId, leader }) => memberId === leader) ??
    statuses[0] ??
    (await etcd.maintenance.status(undefined, { signal }));
  members.sort((a, b) => a.name.localeCompare(b.name));
  return { nodes: nodesOf(members, answers), members, statuses, status, alarms };
}

/** `instead` of what a member does not tell, or does not tell this user. */
function none<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (EtcdError.is(error)) return instead;
    throw error;
  };
}

/** Members by what their endpoints answer; a silent endpoint by its address. */
export function nodesOf(members: readonly Member[], answers: readonly EndpointAnswer[]): ClusterNode[] {
  const left = new Set(answers);
  const nodes = members.map((member): ClusterNode => {
    const answer = answers.find(({ place, status }) =>
      status === undefined ? member.clientUrls.some((url) => sameUrl(url, place.name)) : status.memberId === member.id,
    );
    if (answer !== undefined) left.delete(answer);
    return { member, answer };
  });
  return [...nodes, ...[...left].map((answer): ClusterNode => ({ member: undefined, answer }))];
}

function sameUrl(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).host === new URL(b).host;
}
