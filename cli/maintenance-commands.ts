import type { Command } from "commander";
import type { Alarm } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { askedEndpoints } from "./endpoint-commands.ts";
import { badArguments } from "./exit-error.ts";
import { group } from "./group.ts";
import { idArgument, revisionArgument } from "./key-argument.ts";
import { hexId, type Output } from "./output.ts";
import { complain } from "./terminal.ts";

/** `alarm`, `compaction`, `defrag`, `move-leader` and `downgrade`. */
export function addMaintenanceCommands(program: Command): void {
  const alarm = group(program, "alarm", "print and clear alarms");
  alarm
    .command("list")
    .description("print all alarms")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AlarmResponse");
        const alarms = await etcd.maintenance.alarms(undefined, undefined, { signal });
        if (!(await printed())) await sayAlarms(out, alarms);
      }),
    );
  alarm
    .command("disarm")
    .description("clear all alarms")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AlarmResponse");
        const cleared = await etcd.maintenance.disarmAlarm(undefined, undefined, { signal });
        const alarms = cleared.map(({ memberId, type }) => ({ memberID: memberId, alarm: alarmNumbers[type] }));
        if (!(await printed({ $typeName: "etcdserverpb.AlarmResponse", alarms }))) await sayAlarms(out, cleared);
      }),
    );

  program
    .command("compaction <revision>")
    .description("discard the history of keys before a revision")
    .option("--physical", "wait until the old revisions are removed from the database")
    .action((text: string, { physical }: { physical?: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const revision = revisionArgument(text);
        if (revision === 0n) throw new Error("expected a revision from 1 on, got 0");
        await etcd.compact(revision, { physical: physical === true, signal });
        await out.say(`compacted revision ${revision}`, { revision });
      }),
    );

  program
    .command("defrag")
    .description("return unused space in the database of each endpoint to its file system")
    .option("--cluster", "defragment all members of the cluster")
    .option("--data-dir <folder>", "refused: not possible over HTTP")
    .action((flags: { cluster?: boolean; dataDir?: string }, command: Command) =>
      act(command, (context) => defragment(context, flags)),
    );

  program
    .command("move-leader <id>")
    .description("make another member the leader; --endpoints must include the current leader")
    .action((text: string, _: object, command: Command) => act(command, (context) => moveLeader(context, text)));

  const downgrade = group(program, "downgrade", "prepare the cluster for members of an older version (etcd 3.6)");
  for (const [verb, description] of [
    ["validate", "check whether the cluster can be downgraded"],
    ["enable", "start a downgrade"],
    ["cancel", "cancel a downgrade"],
  ] as const) {
    downgrade
      .command(verb === "cancel" ? verb : `${verb} <version>`)
      .description(description)
      .action((...given: readonly unknown[]) => {
        const command = given.at(-1) as Command;
        const target = verb === "cancel" ? undefined : String(given[0]);
        return act(command, async ({ etcd, out, signal }) => {
          const printed = out.whole("DowngradeResponse");
          const { version } = await etcd.maintenance.downgrade(verb, target, { signal });
          if (await printed()) return;
          await out.say(`Downgrade ${verb} success, cluster version ${version}`, { version });
        });
      });
  }
}

const alarmNumbers = { NOSPACE: 1, CORRUPT: 2 } as const;

async function sayAlarms(out: Output, alarms: readonly Alarm[]): Promise<void> {
  for (const { memberId, type } of alarms) {
    await out.say(`memberID:${memberId} alarm:${type} `, { memberId: hexId(memberId), type });
  }
}

async function defragment(context: Context, flags: { cluster?: boolean; dataDir?: string }): Promise<void> {
  if (flags.dataDir !== undefined) {
    throw badArguments("--data-dir: a folder of a server that is down cannot be reached over HTTP; use etcdutl defrag");
  }
  const { clientOf, out, signal } = context;
  for (const endpoint of await askedEndpoints(context, flags)) {
    try {
      await clientOf([endpoint]).maintenance.defragment(undefined, { signal });
      await out.say(`Finished defragmenting etcd member[${endpoint}]`, { endpoint });
    } catch (error) {
      signal.throwIfAborted();
      complain(
        `Failed to defragment etcd member[${endpoint}] (${error instanceof Error ? error.message : String(error)})`,
      );
      process.exitCode = 1;
    }
  }
}

async function moveLeader({ etcd, out, signal }: Context, text: string): Promise<void> {
  const id = idArgument(text);
  const printed = out.whole("MoveLeaderResponse");
  const { leader } = await etcd.maintenance.status(undefined, { signal });
  await etcd.maintenance.moveLeader(id, { signal });
  if (await printed()) return;
  await out.say(`Leadership transferred from ${hexId(leader)} to ${hexId(id)}`, {
    from: hexId(leader),
    to: hexId(id),
  });
}
