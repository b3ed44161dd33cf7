import type { Command } from "commander";
import type { Member } from "fetcd";
import { act } from "./context.ts";
import { argument } from "./global-options.ts";
import { idArgument } from "./key-argument.ts";
import { hexId, type Output } from "./output.ts";
import { shellQuote } from "./shell-quote.ts";

/** `member list`, `add`, `update`, `remove` and `promote`. */
export function addMemberCommands(program: Command): void {
  const member = program.command("member").description("members of the cluster");

  member
    .command("list")
    .description("id, state, name, peer URLs, client URLs, whether it is a learner")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => list(out, await etcd.cluster.members({ signal }))),
    );

  member
    .command("add <name> <peer-urls>")
    .description("announce a member; prints what it has to be started with")
    .option("--learner", "without a vote, until promoted")
    .action((name: string, peers: string, { learner }: { learner?: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const added = await etcd.cluster.addMember(peers.split(","), { learner: learner === true, signal });
        const initial = added.members
          .flatMap((each) => each.peerUrls.map((url) => `${each.id === added.member.id ? name : each.name}=${url}`))
          .join(",");
        await out.say(
          `Member ${hexId(added.member.id)} added to the cluster\n\n` +
            `ETCD_NAME=${shellQuote(name)}\nETCD_INITIAL_CLUSTER=${shellQuote(initial)}\n` +
            `ETCD_INITIAL_CLUSTER_STATE="existing"`,
          { ...memberObject(added.member), name, initialCluster: initial },
        );
      }),
    );

  member
    .command("update <id> <peer-urls>")
    .description("change where the other members reach it")
    .action((id: string, peers: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        await etcd.cluster.updateMember(argument(idArgument)(id), peers.split(","), { signal });
        await out.say(`Member ${id} updated`, { id, peerUrls: peers.split(",") });
      }),
    );

  for (const [verb, done] of [
    ["remove", "removed"],
    ["promote", "promoted"],
  ] as const) {
    member
      .command(`${verb} <id>`)
      .description(verb === "remove" ? "take it out of the cluster" : "give a learner its vote")
      .action((id: string, _: object, command: Command) =>
        act(command, async ({ etcd, out, signal }) => {
          await etcd.cluster[`${verb}Member`](argument(idArgument)(id), { signal });
          await out.say(`Member ${id} ${done}`, { id });
        }),
      );
  }
}

async function list(out: Output, members: readonly Member[]): Promise<void> {
  for (const { id, name, peerUrls, clientUrls, isLearner } of members) {
    const state = name === "" ? "unstarted" : "started";
    const fields = [hexId(id), state, name, peerUrls.join(","), clientUrls.join(","), isLearner];
    await out.say(fields.join(", "), memberObject({ id, name, peerUrls, clientUrls, isLearner }));
  }
}

function memberObject(member: Member): Record<string, unknown> {
  return { ...member, id: hexId(member.id) };
}
