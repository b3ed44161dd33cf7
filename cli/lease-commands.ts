import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { act } from "./context.ts";
import { argument } from "./global-options.ts";
import { idArgument, wholeNumber } from "./key-argument.ts";
import { bytesField, hexId } from "./output.ts";

/** `lease grant`, `revoke`, `timetolive`, `list` and `keep-alive`. */
export function addLeaseCommands(program: Command): void {
  const lease = program.command("lease").description("leases: keys put with one vanish with it");
  const id = argument(idArgument);

  lease
    .command("grant <ttl>")
    .description("make a lease that lives so many seconds")
    .action((ttl: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const granted = await etcd.lease.grant(argument(wholeNumber)(ttl), { signal });
        const name = hexId(granted.id);
        await out.say(`lease ${name} granted with TTL(${granted.ttl}s)`, { id: name, ttl: granted.ttl });
      }),
    );

  lease
    .command("revoke <id>")
    .description("end a lease and delete its keys")
    .action((text: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        await etcd.lease.revoke(id(text), { signal });
        await out.say(`lease ${text} revoked`, { id: text });
      }),
    );

  lease
    .command("timetolive <id>")
    .description("what is left of a lease")
    .option("--keys", "and which keys it holds")
    .action((text: string, { keys: wanted }: { keys?: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const { ttl, grantedTtl, keys = [] } = await etcd.lease.timeToLive(id(text), { keys: wanted === true, signal });
        const names = keys.map((key) => new TextDecoder().decode(key));
        const line = `lease ${text} granted with TTL(${grantedTtl}s), remaining(${ttl}s)`;
        await out.say(wanted === true ? `${line}, attached keys([${names.join(" ")}])` : line, {
          id: text,
          ttl,
          grantedTtl,
          ...(wanted === true && { keys: keys.map((key) => bytesField("key", key)) }),
        });
      }),
    );

  lease
    .command("list")
    .description("the ids of all leases")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const leases = (await etcd.lease.list({ signal })).map(hexId);
        if (!out.json) await out.say(`found ${leases.length} leases`, undefined);
        for (const name of leases) await out.say(name, { id: name });
      }),
    );

  lease
    .command("keep-alive <id>")
    .description("renew a lease until interrupted; fails when it is gone")
    .option("--once", "renew it once")
    .action((text: string, { once }: { once?: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        for (;;) {
          const { ttl } = await etcd.lease.keepAliveOnce(id(text), { signal });
          await out.say(`lease ${text} keepalived with TTL(${ttl})`, { id: text, ttl });
          if (once === true) return;
          await sleep((ttl * 1_000) / 3, undefined, { signal });
        }
      }),
    );
}
