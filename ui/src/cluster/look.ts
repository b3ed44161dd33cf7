import { type Alarm, EtcdError, type Member, type Status } from "fetcd";
import type { SessionMember, PageSession } from "../page-session.ts";
import { readMetrics, type Metrics } from "./member-metrics.ts";

/** What an endpoint answers now. */
export interface EndpointAnswer {
  readonly place: SessionMember;
  /** `undefined` if it did not answer. */
  readonly status: Status | undefined;
  /** `undefined` if this page cannot read them. */
  readonly metrics: Metrics | undefined;
}

/** A member with its endpoint, a member without an endpoint, or an endpoint whose member is unknown. */
export interface ClusterNode {
  readonly member: Member | undefined;
  readonly answer: EndpointAnswer | undefined;
}

export interface ClusterState {
  readonly nodes: readonly ClusterNode[];
  readonly members: readonly Member[];
  /** Of the members that answer. */
  readonly statuses: readonly Status[];
  /** That of the leader, or of another member if the leader does not answer. */
  readonly status: Status;
  /** `undefined` if this user may not read them. */
  readonly alarms: readonly Alarm[] | undefined;
}

/** How long an answer may take, in milliseconds. */
const patienceMs = 2_000;

/** Reads the state of the cluster. Each endpoint is asked separately, so that a silent one delays no other. */
export async function look({ etcd, members: places }: PageSession, signal: AbortSignal): Promise<ClusterState> {
  const [members, alarms, answers] = await Promise.all([
    // Fails while there is no leader; the statuses of the members then show why.
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

/** Returns `instead` if a member refuses to answer, or refuses this user. */
function none<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (EtcdError.is(error)) return instead;
    throw error;
  };
}

/** Matches endpoints to members: by the member id they answer, or by address if they are silent. */
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
