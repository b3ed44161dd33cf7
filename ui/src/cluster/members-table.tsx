import type { Etcd, Member } from "fetcd";
import type { JSX } from "preact";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { Icon } from "../ui/icon.tsx";
import { perform } from "../ui/notice.tsx";
import { size } from "../ui/size.ts";
import { Table } from "../ui/table.tsx";
import { lagOf } from "./advice.ts";
import type { ClusterState, ClusterNode } from "./look.ts";

interface Props {
  readonly session: PageSession;
  readonly cluster: ClusterState;
  /** Why this user may change nothing; `undefined` if they may. */
  readonly why: string | undefined;
  reload(): Promise<void>;
}

const columns = ["Member", "Role", "State", "Version", "Database", "Behind", "Action"];

/** Lists the members with their state and the actions for each. */
export function MembersTable({ session: { etcd, root }, cluster, why, reload }: Props): JSX.Element {
  const { nodes, members, statuses, status } = cluster;
  // Only the leader itself accepts the request to transfer leadership.
  const leading = nodes.find(({ member }) => member?.id === status.leader)?.answer?.place.etcd ?? etcd;
  const then = (action: () => Promise<unknown>, done?: string): void =>
    void perform(async () => {
      await action();
      await reload();
    }, done);

  async function defragment(name: string, own: Etcd): Promise<void> {
    const question = `${name} does not answer while it defragments. Defragment the members one by one, the leader last. Continue?`;
    await askToConfirm(question, "Defragment");
    await own.maintenance.defragment(undefined, { timeoutMs: 120_000 });
  }

  async function remove(member: Member): Promise<void> {
    const question = `Remove the member ${member.name || member.id.toString(16)}? Its data becomes useless.`;
    await askToConfirm(question, "Remove");
    await etcd.cluster.removeMember(member.id);
  }

  return (
    <Table caption="Members" columns={columns}>
      {nodes.map(({ member, answer }) => {
        const own = answer?.status;
        const leads = member !== undefined && member.id === status.leader;
        const name = member?.name || answer?.place.name || "not started";
        return (
          <tr key={member?.id ?? name}>
            <th scope="row">
              {name} {member !== undefined && <small class="mono">{member.id.toString(16)}</small>}
              {(member?.clientUrls ?? []).map((url) => (
                <small key={url}>{url}</small>
              ))}
            </th>
            <td>
              {member !== undefined && (
                <span class={`badge ${leads ? "accent" : ""}`}>
                  {leads && <Icon name="leader" />}
                  <span>{leads ? "leader" : member.isLearner ? "learner" : "follower"}</span>
                </span>
              )}
            </td>
            <td>
              <State answer={answer} />
            </td>
            <td>{own?.version}</td>
            <td class="num">
              {own !== undefined && (
                <>
                  {size(own.dbSize)}, <br />
                  {size(own.dbSizeInUse)} in use
                </>
              )}
            </td>
            <td class="num">{own !== undefined && String(lagOf(own, statuses))}</td>
            <td>
              <div class="row">
                {member !== undefined && (
                  <button
                    type="button"
                    disabled={!root || leads}
                    title={why}
                    onClick={() =>
                      member.isLearner
                        ? then(() => etcd.cluster.promoteMember(member.id), "Promoted")
                        : then(() => leading.maintenance.moveLeader(member.id), "Moved")
                    }
                  >
                    {member.isLearner ? "Promote" : "Make leader"}
                  </button>
                )}
                {answer !== undefined && (
                  <button
                    type="button"
                    disabled={!root || own === undefined}
                    title={why}
                    onClick={() => then(() => defragment(name, answer.place.etcd), `Defragmented ${name}`)}
                  >
                    Defragment
                  </button>
                )}
                {member !== undefined && (
                  <button
                    type="button"
                    class="danger"
                    disabled={!root || members.length === 1}
                    title={why}
                    onClick={() => then(() => remove(member), `Removed ${name}`)}
                  >
                    Remove
                  </button>
                )}
              </div>
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

function State({ answer }: Pick<ClusterNode, "answer">): JSX.Element {
  if (answer === undefined) return <span class="badge">not among the endpoints</span>;
  const { status } = answer;
  if (status === undefined) return <span class="badge bad">no answer</span>;
  if (status.errors.length > 0) return <span class="badge bad">{status.errors.join(" ")}</span>;
  return <span class="badge good">healthy</span>;
}
