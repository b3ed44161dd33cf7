import { type Alarm, EtcdError, type Member, type Status } from "fetcd";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Session, Member as ConnectedMember } from "../session.ts";
import { ask } from "../ui/ask.tsx";
import { Icon } from "../ui/icon.tsx";
import { attempt } from "../ui/notice.tsx";
import { Reading } from "../ui/reading.tsx";
import { size } from "../ui/size.ts";
import { Spark } from "../ui/spark.tsx";
import { textField } from "../ui/text-field.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { alarmAdvice, defaultQuota, lagOf, unusedShare, versionSkew } from "./advice.ts";
import { SnapshotButton } from "./snapshot-button.tsx";

/** An endpoint as it answers now. */
interface Answer {
  readonly place: ConnectedMember;
  /** `undefined`: it gave none. */
  readonly status: Status | undefined;
}

interface Seen {
  readonly members: readonly Member[];
  readonly status: Status;
  readonly answers: readonly Answer[];
  /** Undefined where this user may not ask. */
  readonly alarms: readonly Alarm[] | undefined;
}

const everyMs = 3_000;
/** Of the graphs: five minutes. */
const mostPoints = 100;

/** Members and how they are, alarms and what to do about them, and what keeps a database in shape. */
export function ClusterView({ session }: { session: Session }): JSX.Element {
  const { etcd, root, readOnly } = session;
  const [seen, reload] = useLoaded((signal) => look(session, signal), [session]);
  const [sizes, setSizes] = useState<readonly number[]>([]);
  useEffect(() => {
    const timer = setInterval(() => void reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload]);
  useEffect(() => {
    if (seen !== undefined) setSizes((before) => [...before, Number(seen.status.dbSize)].slice(-mostPoints));
  }, [seen]);
  if (seen === undefined) return <Reading title="Cluster" />;
  const { members, status, answers, alarms } = seen;
  const statuses = answers.flatMap((answer) => answer.status ?? []);
  const skew = versionSkew(statuses);
  const quota = Number(status.dbSizeQuota ?? defaultQuota);
  const why = readOnly ? "This page is read-only." : root ? undefined : "Only users with the role root may do this.";

  async function compact(): Promise<void> {
    if (!(await ask(`Discard the history before revision ${status.revision}?`, "Compact"))) return;
    await etcd.compact(status.revision, { physical: true });
  }

  async function defragment({ name, etcd: member }: ConnectedMember): Promise<void> {
    const question = `${name} answers nothing while it defragments. Do one member after the other, the leader last. Go on?`;
    if (!(await ask(question, "Defragment"))) return;
    await member.maintenance.defragment(undefined, { timeoutMs: 120_000 });
    await reload();
  }

  async function remove(member: Member): Promise<void> {
    if (
      !(await ask(`Remove the member ${member.name || member.id.toString(16)}? Its data is of no use then.`, "Remove"))
    )
      return;
    await etcd.cluster.removeMember(member.id);
    await reload();
  }

  return (
    <section class="panel">
      <header>
        <h1>Cluster</h1>
        <SnapshotButton etcd={etcd} disabled={!root && !readOnly} />
        <button type="button" disabled={!root} title={why} onClick={() => void attempt(compact, "Compacted")}>
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
              onClick={() => void attempt(() => etcd.maintenance.disarmAlarm(memberId, type).then(reload), "Cleared")}
            >
              Clear
            </button>
          </div>
        </div>
      ))}
      {skew !== undefined && (
        <p class="callout warn">Members have different versions: {skew}. Finish the upgrade soon.</p>
      )}
      {status.leader === 0n && (
        <p class="callout error" role="alert">
          There is no leader: more than half of the members have to be there. Nothing can be written.
        </p>
      )}
      <dl class="tiles">
        <div class="tile">
          <dt>Members that answer</dt>
          <dd>
            {statuses.length} <small class="soft">of {answers.length} endpoints</small>
          </dd>
        </div>
        <div class="tile">
          <dt>Revision</dt>
          <dd>{String(status.revision)}</dd>
        </div>
        <div class="tile">
          <dt>Database</dt>
          <dd>
            {size(status.dbSize)} <small class="soft">of {size(quota)}</small>
          </dd>
        </div>
        <div class="tile">
          <dt>In use</dt>
          <dd>
            {size(status.dbSizeInUse)}{" "}
            <small class="soft">{Math.round(unusedShare(status) * 100)} % to be gained by defragmenting</small>
          </dd>
        </div>
        <div class="tile">
          <dt>Raft term</dt>
          <dd>
            {String(status.raftTerm)} <small class="soft">index {String(status.raftIndex)}</small>
          </dd>
        </div>
      </dl>
      <div class="card">
        <Spark label="Size of the database since this view was opened" values={sizes} show={size} />
      </div>
      <div class="scroll" style={{ marginTop: "14px" }}>
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
                <td class="mono">{member.id.toString(16)}</td>
                <td>
                  <span class={`badge ${member.id === status.leader ? "accent" : ""}`}>
                    {member.id === status.leader && <Icon name="leader" />}
                    <span>{member.id === status.leader ? "leader" : member.isLearner ? "learner" : "follower"}</span>
                  </span>
                </td>
                <td>{member.clientUrls.join(" ")}</td>
                <td>{member.peerUrls.join(" ")}</td>
                <td>
                  <div class="row">
                    {member.isLearner ? (
                      <button
                        type="button"
                        disabled={!root}
                        title={why}
                        onClick={() =>
                          void attempt(() => etcd.cluster.promoteMember(member.id).then(reload), "Promoted")
                        }
                      >
                        Promote
                      </button>
                    ) : (
                      <button
                        type="button"
                        disabled={!root || member.id === status.leader}
                        title={why}
                        onClick={() => void attempt(() => etcd.maintenance.moveLeader(member.id).then(reload), "Moved")}
                      >
                        Make leader
                      </button>
                    )}
                    <button
                      type="button"
                      class="danger"
                      disabled={!root || members.length === 1}
                      title={why}
                      onClick={() => void attempt(() => remove(member))}
                    >
                      Remove
                    </button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="scroll">
        <table>
          <caption>Endpoints</caption>
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col">State</th>
              <th scope="col">Version</th>
              <th scope="col">Database</th>
              <th scope="col">Behind</th>
              <th scope="col">Action</th>
            </tr>
          </thead>
          <tbody>
            {answers.map(({ place, status: own }) => (
              <tr key={place.name}>
                <th scope="row">{place.name}</th>
                <td>
                  <span class={`badge ${own === undefined || own.errors.length > 0 ? "bad" : "good"}`}>
                    {own === undefined ? "no answer" : own.errors.length > 0 ? own.errors.join(" ") : "healthy"}
                  </span>
                </td>
                <td>{own?.version}</td>
                <td>{own !== undefined && `${size(own.dbSize)}, ${size(own.dbSizeInUse)} in use`}</td>
                <td class="num">{own !== undefined && String(lagOf(own, statuses))}</td>
                <td>
                  <button
                    type="button"
                    disabled={!root || own === undefined}
                    title={why}
                    onClick={() => void attempt(() => defragment(place), `Defragmented ${place.name}`)}
                  >
                    Defragment
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <AddMember session={session} why={why} onDone={reload} />
    </section>
  );
}

interface AddProps {
  readonly session: Session;
  readonly why: string | undefined;
  onDone(): Promise<void>;
}

/** Adds a member, and tells how it is started. */
function AddMember({ session: { etcd, root }, why, onDone }: AddProps): JSX.Element {
  const [command, setCommand] = useState<string | undefined>(undefined);
  async function add(name: string, url: string): Promise<void> {
    const { member, members } = await etcd.cluster.addMember([url], { learner: true });
    const others = members.filter(({ id }) => id !== member.id);
    const cluster = [...others.map((each) => `${each.name}=${each.peerUrls[0] ?? ""}`), `${name}=${url}`].join(",");
    setCommand(
      `etcd --name ${name} --initial-advertise-peer-urls ${url} --listen-peer-urls ${url} --initial-cluster-state existing --initial-cluster ${cluster}`,
    );
    await onDone();
  }
  return (
    <div class="card stack">
      <h2>Add a member</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          void attempt(() => add(textField(form, "name"), textField(form, "url")));
        }}
      >
        <label>
          Name <input name="name" required pattern="[\w.-]+" disabled={!root} />
        </label>
        <label>
          Peer URL <input name="url" type="url" required placeholder="http://10.0.0.4:2380" disabled={!root} />
        </label>
        <button type="submit" disabled={!root} title={why}>
          Add as a learner
        </button>
      </form>
      {command !== undefined && (
        <div class="callout">
          <strong>Start it with this command; promote it once it has caught up.</strong>
          <code style={{ overflowWrap: "anywhere" }}>{command}</code>
        </div>
      )}
    </div>
  );
}

async function look({ etcd, members: places }: Session, signal: AbortSignal): Promise<Seen> {
  const [members, status, alarms, answers] = await Promise.all([
    etcd.cluster.members({ signal }),
    etcd.maintenance.status(undefined, { signal }),
    etcd.maintenance.alarms(undefined, undefined, { signal }).catch((error: unknown) => {
      if (EtcdError.is(error) && error.reason === "PermissionDenied") return undefined;
      throw error;
    }),
    Promise.all(
      places.map(async (place): Promise<Answer> => {
        const own = place.etcd.maintenance.status(undefined, { signal, timeoutMs: 2_000 });
        return { place, status: await own.catch(() => undefined) };
      }),
    ),
  ]);
  return { members, status, alarms, answers };
}
