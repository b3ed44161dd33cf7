import type { Command } from "commander";
import type { Member } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { badArguments } from "./exit-error.ts";
import { drawTable } from "./forms/text-table.ts";
import { goObject, Raw } from "./forms/go-json.ts";
import { group } from "./group.ts";
import { idArgument } from "./key-argument.ts";
import { hexId } from "./output.ts";
import { headerOf } from "./recorder.ts";
import { shellQuote } from "./shell-quote.ts";

/** `member list`, `add`, `update`, `remove` and `promote`. */
export function addMemberCommands(program: Command): void {
  const member = group(program, "member", "manage the members of the cluster");
  const peerUrls = "peer URLs, separated by commas";

  member
    .command("list")
    .description("print id, state, name, peer URLs, client URLs of each member, and whether it is a learner")
    .action((_: object, command: Command) => act(command, list));

  member
    .command("add <name>")
    .description("add a member, and print the variables to start it with")
    .option("--peer-urls <urls>", peerUrls)
    .option("--learner", "add it as a learner, without a vote until it is promoted")
    .action((name: string, flags: { peerUrls?: string; learner?: boolean }, command: Command) =>
      act(command, (context) => add(context, name, urlsOf(flags.peerUrls), flags.learner === true)),
    );

  member
    .command("update <id>")
    .description("change the peer URLs of a member")
    .option("--peer-urls <urls>", peerUrls)
    .action((text: string, flags: { peerUrls?: string }, command: Command) =>
      act(command, async (context) => {
        const [id, urls] = [idArgument(text), urlsOf(flags.peerUrls)];
        await changed(context, { type: "MemberUpdateResponse", id, how: "updated in cluster" }, () =>
          context.etcd.cluster.updateMember(id, urls, { signal: context.signal }),
        );
      }),
    );

  member
    .command("remove <id>")
    .description("remove a member from the cluster")
    .action((text: string, _: object, command: Command) =>
      act(command, async (context) => {
        const id = idArgument(text);
        await changed(context, { type: "MemberRemoveResponse", id, how: "removed from cluster" }, () =>
          context.etcd.cluster.removeMember(id, { signal: context.signal }),
        );
      }),
    );

  member
    .command("promote <id>")
    .description("make a learner a voting member")
    .action((text: string, _: object, command: Command) =>
      act(command, async (context) => {
        const id = idArgument(text);
        await changed(context, { type: "MemberPromoteResponse", id, how: "promoted in cluster" }, () =>
          context.etcd.cluster.promoteMember(id, { signal: context.signal }),
        );
      }),
    );
}

function urlsOf(text: string | undefined): string[] {
  if (text === undefined || text === "") throw badArguments("the peer URLs are missing: --peer-urls=http://host:2380");
  return text.split(",");
}

async function changed(
  { out, recorder }: Context,
  { type, id, how }: { readonly type: string; readonly id: bigint; readonly how: string },
  change: () => Promise<unknown>,
): Promise<void> {
  const printed = out.whole(type);
  await change();
  if (await printed()) return;
  const cluster = hexId(recorder.header().clusterId).padStart(16);
  await out.say(`Member ${hexId(id).padStart(16)} ${how} ${cluster}`, { id: hexId(id) });
}

async function add({ etcd, out, recorder, signal }: Context, name: string, urls: string[], learner: boolean) {
  const printed = out.whole("MemberAddResponse");
  const { member, members } = await etcd.cluster.addMember(urls, { learner, signal });
  if (await printed()) return;
  const initial = members
    .flatMap((each) => each.peerUrls.map((url) => `${each.id === member.id ? name : each.name}=${url}`))
    .join(",");
  const id = hexId(member.id).padStart(16);
  await out.say(
    `Member ${id} added to cluster ${hexId(recorder.header().clusterId).padStart(16)}\n\n` +
      `ETCD_NAME=${shellQuote(name)}\nETCD_INITIAL_CLUSTER=${shellQuote(initial)}\n` +
      `ETCD_INITIAL_ADVERTISE_PEER_URLS=${shellQuote(member.peerUrls.join(","))}\n` +
      `ETCD_INITIAL_CLUSTER_STATE="existing"`,
    { ...memberObject(member), name, initialCluster: initial },
  );
}

async function list({ etcd, out, recorder, signal }: Context): Promise<void> {
  const table = out.form === "table";
  const printed = table ? () => Promise.resolve(false) : out.whole("MemberListResponse");
  const members = await etcd.cluster.members({ signal });
  if (out.form === "json" && out.hex) return out.lines([hexJson(recorder.last("MemberListResponse"))]);
  if (await printed()) return;
  const rows = members.map(({ id, name, peerUrls, clientUrls, isLearner }) => [
    hexId(id),
    name === "" ? "unstarted" : "started",
    name,
    peerUrls.join(","),
    clientUrls.join(","),
    String(isLearner),
  ]);
  if (table) {
    return out.lines(drawTable(["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"], rows));
  }
  for (const [i, row] of rows.entries()) await out.say(row.join(", "), memberObject(members[i]));
}

interface WireMember {
  readonly ID: bigint;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
}

/** etcdctl prints members in a special form: ids in hex, and `clientURLS`. */
function hexJson(answer: ReturnType<Context["recorder"]["last"]>): string {
  const { clusterId, memberId, raftTerm } = headerOf(answer);
  const members = (answer?.["members"] ?? []) as readonly WireMember[];
  const header = new Raw(
    goObject([
      ["cluster_id", hexId(clusterId)],
      ["member_id", hexId(memberId)],
      ["raft_term", raftTerm],
    ]),
  );
  const list = members.map(
    ({ ID, name, peerURLs, clientURLs }) =>
      new Raw(
        goObject([
          ["ID", hexId(ID)],
          ["name", name],
          ["peerURLs", peerURLs],
          ["clientURLS", clientURLs],
        ]),
      ),
  );
  return goObject([
    ["header", header],
    ["members", list],
  ]);
}

function memberObject(member: Member | undefined): Record<string, unknown> {
  return member === undefined ? {} : { ...member, id: hexId(member.id) };
}
