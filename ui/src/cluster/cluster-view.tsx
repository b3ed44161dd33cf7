import { type Alarm, type Etcd, EtcdError, type Member, type Status } from "fetcd";
import type { JSX } from "preact";
import type { Session } from "../session.ts";
import { ask } from "../ui/ask.tsx";
import { attempt } from "../ui/notice.tsx";
import { Reading } from "../ui/reading.tsx";
import { useLoaded } from "../ui/use-loaded.ts";
import { SnapshotButton } from "./snapshot-button.tsx";
import { size } from "../ui/size.ts";

interface Seen {
  readonly members: readonly Member[];
  readonly status: Status;
  /** Undefined where this user may not ask. */
  readonly alarms: readonly Alarm[] | undefined;
}

/** Members, the state of the one that answers, alarms, and what keeps a database in shape. */
export function ClusterView({ session: { etcd, root } }: { session: Session }): JSX.Element {
  const [seen, reload] = useLoaded((signal) => look(etcd, signal), [etcd]);
  if (seen === undefined) return <Reading title="Cluster" />;
  const { members, status, alarms } = seen;

  async function compact(): Promise<void> {
    if (!(await ask(`Discard the history before revision ${status.revision}?`, "Compact"))) return;
    await etcd.compact(status.revision, { physical: true });
  }

  async function defragment(): Promise<void> {
    if (!(await ask("The member serves nothing while it defragments. Go on?", "Defragment"))) return;
    await etcd.maintenance.defragment(undefined, { timeoutMs: 120_000 });
    await reload();
  }

  return (
    <section class="panel">
      <h1>Cluster</h1>
      {alarms?.map(({ memberId, type }) => (
        <div key={`${memberId}${type}`} class="card error" role="alert">
          <strong>
            Alarm {type} on member {memberId.toString(16)}
          </strong>{" "}
          <button
            type="button"
            disabled={!root}
            onClick={() => void attempt(() => etcd.maintenance.disarmAlarm(memberId, type).then(reload), "Cleared")}
          >
            Clear
          </button>
        </div>
      ))}
      <table>
        <caption>Members</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Id</th>
            <th scope="col">Role</th>
            <th scope="col">Clients</th>
            <th scope="col">Peers</th>
            <th scope="col">Action</th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.id}>
              <th scope="row">{member.name || "not started"}</th>
              <td>{member.id.toString(16)}</td>
              <td>{member.id === status.leader ? "leader" : member.isLearner ? "learner" : "follower"}</td>
              <td>{member.clientUrls.join(" ")}</td>
              <td>{member.peerUrls.join(" ")}</td>
              <td>
                <button
                  type="button"
                  disabled={!root || member.id === status.leader || member.isLearner}
                  onClick={() => void attempt(() => etcd.maintenance.moveLeader(member.id).then(reload), "Moved")}
                >
                  Make leader
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl>
        <dt>Answers here</dt>
        <dd>
          {status.memberId.toString(16)}, etcd {status.version}
        </dd>
        <dt>Revision</dt>
        <dd>{String(status.revision)}</dd>
        <dt>Raft</dt>
        <dd>
          term {String(status.raftTerm)}, index {String(status.raftIndex)}, applied {String(status.raftAppliedIndex)}
        </dd>
        <dt>Database</dt>
        <dd>
          {size(status.dbSize)}, {size(status.dbSizeInUse)} of it in use
        </dd>
      </dl>
      <div class="row">
        <SnapshotButton etcd={etcd} disabled={!root} />
        <button type="button" disabled={!root} onClick={() => void attempt(compact, "Compacted")}>
          Compact
        </button>
        <button type="button" disabled={!root} onClick={() => void attempt(defragment, "Defragmented")}>
          Defragment
        </button>
        <button type="button" onClick={() => void reload()}>
          Read again
        </button>
      </div>
    </section>
  );
}

async function look(etcd: Etcd, signal: AbortSignal): Promise<Seen> {
  const [members, status, alarms] = await Promise.all([
    etcd.cluster.members({ signal }),
    etcd.maintenance.status(undefined, { signal }),
    etcd.maintenance.alarms(undefined, undefined, { signal }).catch((error: unknown) => {
      if (EtcdError.is(error) && error.reason === "PermissionDenied") return undefined;
      throw error;
    }),
  ]);
  return { members, status, alarms };
}
