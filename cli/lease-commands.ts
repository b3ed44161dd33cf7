import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { act, type Context } from "./run-action.ts";
import { badArguments, ExitError } from "./exit-error.ts";
import { group } from "./group.ts";
import { leaseArgument, wholeNumber } from "./key-argument.ts";
import { bytesField, leaseId } from "./output.ts";

/** `lease grant`, `revoke`, `timetolive`, `list` and `keep-alive`. */
export function addLeaseCommands(program: Command): void {
  const lease = group(program, "lease", "manage leases (keys attached to a lease are deleted when it expires)");

  lease
    .command("grant <ttl>")
    .description("create a lease with the given TTL in seconds")
    .action((text: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const ttl = ttlArgument(text);
        const printed = out.whole("LeaseGrantResponse");
        const granted = await etcd.lease.grant(ttl, { signal });
        if (await printed()) return;
        const name = leaseId(granted.id);
        await out.say(`lease ${name} granted with TTL(${granted.ttl}s)`, { id: name, ttl: granted.ttl });
      }),
    );

  lease
    .command("revoke <id>")
    .description("revoke a lease and delete its keys")
    .action((text: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const id = leaseArgument(text);
        const printed = out.whole("LeaseRevokeResponse");
        await etcd.lease.revoke(id, { signal });
        if (await printed()) return;
        await out.say(`lease ${leaseId(id)} revoked`, { id: leaseId(id) });
      }),
    );

  lease
    .command("timetolive <id>")
    .description("print the remaining TTL of a lease")
    .option("--keys", "also print the keys attached to it")
    .action((text: string, { keys }: { keys?: boolean }, command: Command) =>
      act(command, (context) => timeToLive(context, leaseArgument(text), keys === true)),
    );

  lease
    .command("list")
    .description("print the ids of all leases")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("LeaseLeasesResponse");
        const leases = (await etcd.lease.list({ signal })).map(leaseId);
        if (await printed()) return;
        if (!out.json) await out.say(`found ${leases.length} leases`, undefined);
        for (const name of leases) await out.say(name, { id: name });
      }),
    );

  lease
    .command("keep-alive <id>")
    .description("renew a lease until interrupted or until it expires")
    .option("--once", "renew it once")
    .action((text: string, { once }: { once?: boolean }, command: Command) =>
      act(command, (context) => keepAlive(context, leaseArgument(text), once === true)),
    );
}

/** Parses a TTL. No minimum is checked: etcd raises a TTL that is too short. */
function ttlArgument(text: string): number {
  try {
    return Math.max(1, wholeNumber(text));
  } catch (error) {
    throw badArguments(`bad TTL: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function timeToLive({ etcd, out, recorder, signal }: Context, id: bigint, keysToo: boolean): Promise<void> {
  const printed = out.whole("LeaseTimeToLiveResponse");
  const name = leaseId(id);
  let found;
  try {
    found = await etcd.lease.timeToLive(id, { keys: keysToo, signal });
  } catch (error) {
    if (!(await isLeaseNotFound(error))) throw error;
    if (await printed(recorder.last("LeaseTimeToLiveResponse"))) return;
    return out.say(`lease ${name} already expired`, { id: name, ttl: -1 });
  }
  if (await printed()) return;
  const { ttl, grantedTtl, keys = [] } = found;
  const names = keys.map((key) => new TextDecoder().decode(key));
  const line = `lease ${name} granted with TTL(${grantedTtl}s), remaining(${ttl}s)`;
  await out.say(keysToo ? `${line}, attached keys([${names.join(" ")}])` : line, {
    id: name,
    ttl,
    grantedTtl,
    ...(keysToo && { keys: keys.map((key) => bytesField("key", key)) }),
  });
}

async function keepAlive({ etcd, out, signal }: Context, id: bigint, once: boolean): Promise<void> {
  const printed = out.whole("LeaseKeepAliveResponse");
  const name = leaseId(id);
  for (;;) {
    let ttl: number;
    try {
      ({ ttl } = await etcd.lease.keepAliveOnce(id, { signal }));
    } catch (error) {
      if (!(await isLeaseNotFound(error))) throw error;
      if (once) throw new ExitError(`lease ${name} not found`, "badConnection", { cause: error });
      return out.say(`lease ${name} expired or revoked.`, { id: name, ttl: -1 });
    }
    if (!(await printed())) await out.say(`lease ${name} keepalived with TTL(${ttl})`, { id: name, ttl });
    if (once) return;
    await sleep((ttl * 1_000) / 3, undefined, { signal });
  }
}

async function isLeaseNotFound(error: unknown): Promise<boolean> {
  const { EtcdError } = await import("fetcd");
  return EtcdError.is(error) && error.reason === "LeaseNotFound";
}
