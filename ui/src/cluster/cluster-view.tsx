import type { JSX } from "preact";
import { whyNotRoot } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { perform } from "../ui/notice.tsx";
import { Reading } from "../ui/reading.tsx";
import { usePolled } from "../ui/use-loaded.ts";
import { AddMember } from "./add-member.tsx";
import { alarmAdvice, defaultQuota, spareVoters, unusedShare, versionSkew } from "./advice.ts";
import { ClusterGraphs } from "./cluster-graphs.tsx";
import { look } from "./look.ts";
import { MembersTable } from "./members-table.tsx";
import { SnapshotButton } from "./snapshot-button.tsx";

const everyMs = 3_000;

/** Shows members, their health and alarms, with advice; offers compaction, defragmentation and snapshots. */
export function ClusterView({ session }: { session: PageSession }): JSX.Element {
  const { etcd, root, readOnly } = session;
  const [cluster, reload] = usePolled(everyMs, (signal) => look(session, signal), [session]);
  if (cluster === undefined) return <Reading title="Cluster" />;
  const { nodes, members, statuses, status, alarms } = cluster;
  const skew = versionSkew(statuses);
  const silent = nodes.filter(({ answer }) => answer !== undefined && answer.status === undefined);
  const spare = spareVoters(members, statuses);
  const quota = Number(status.dbSizeQuota ?? defaultQuota);
  const why = whyNotRoot(session);

  async function compact(): Promise<void> {
    await askToConfirm(`Discard the history before revision ${status.revision}?`, "Compact");
    await etcd.compact(status.revision, { physical: true });
  }

  return (
    <section class="panel">
      <header>
        <h1>Cluster</h1>
        <SnapshotButton etcd={etcd} why={readOnly ? undefined : why} />
        <button type="button" disabled={!root} title={why} onClick={() => void perform(compact, "Compacted")}>
          Compact
        </button>
      </header>
      {alarms?.map(({ memberId, type }) => (
        <div key={`${memberId}${type}`} class="callout error" role="alert">
          <strong>
            Alarm {type} on member {memberId.toString(16)}
          </strong>
          <ol style={{ margin: 0 }}>
            {alarmAdvice[type].map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <div>
            <button
              type="button"
              disabled={!root}
              title={why}
              onClick={() => void perform(() => etcd.maintenance.disarmAlarm(memberId, type).then(reload), "Cleared")}
            >
              Clear
            </button>
          </div>
        </div>
      ))}
      {silent.length > 0 && status.leader !== 0n && (
        <p class="callout warn" role="alert">
          {silent.map(({ member, answer }) => member?.name || answer?.place.name).join(" and ")}{" "}
          {silent.length === 1 ? "does" : "do"} not answer.{" "}
          {spare === 0
            ? "None of the others may fail: fewer members could write nothing."
            : `${spare} more may fail before nothing can be written.`}
        </p>
      )}
      {skew !== undefined && (
        <p class="callout warn">Members have different versions: {skew}. Finish the upgrade soon.</p>
      )}
      {status.leader === 0n && (
        <p class="callout error" role="alert">
          There is no leader: more than half of the members must be up. Nothing can be written.
        </p>
      )}
      <dl class="tiles">
        <div class="tile">
          <dt>Members that answer</dt>
          <dd>
            {statuses.length} <small class="soft">of {members.length}</small>
          </dd>
        </div>
        <div class="tile">
          <dt>Revision</dt>
          <dd>{String(status.revision)}</dd>
        </div>
        <div class="tile">
          <dt>Free in the file</dt>
          <dd>
            {Math.round(unusedShare(status) * 100)} % <small class="soft">given back by defragmenting</small>
          </dd>
        </div>
        <div class="tile">
          <dt>Raft term</dt>
          <dd>
            {String(status.raftTerm)} <small class="soft">index {String(status.raftIndex)}</small>
          </dd>
        </div>
      </dl>
      <ClusterGraphs cluster={cluster} quota={quota} />
      <MembersTable session={session} cluster={cluster} why={why} reload={reload} />
      <AddMember session={session} why={why} onDone={reload} />
    </section>
  );
}
