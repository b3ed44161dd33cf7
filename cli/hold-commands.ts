import type { Command } from "commander";
import type { Entry } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { badArguments } from "./exit-error.ts";
import { argument } from "./global-options.ts";
import { wholeNumber } from "./key-argument.ts";
import { runChild } from "./run-child.ts";

/** What a lock and a leadership have in common. */
interface Hold {
  readonly key: string;
  readonly token: bigint;
  /** Aborts when it is lost. */
  readonly signal: AbortSignal;
}

/** `lock` and `elect`. With a command after `--` they hold only while it runs, and stop it when the hold is lost. */
export function addHoldCommands(program: Command): void {
  const seconds = "TTL of the lease in seconds: how long others wait if this process crashes";

  program
    .command("lock <name> [command...]")
    .description("hold a lock until interrupted, or while a command runs")
    .option("--ttl <seconds>", seconds, argument(wholeNumber), 10)
    .action((name: string, child: string[], { ttl }: { ttl: number }, command: Command) =>
      act(command, async (context) => {
        const { lock } = await import("fetcd");
        const held = await lock(context.etcd, name, { ttl, signal: context.signal });
        try {
          await during(context, held, "LOCK", child);
        } finally {
          await held.release();
        }
      }),
    );

  program
    .command("elect <name> [proposal] [command...]")
    .description("campaign and lead until interrupted, or while a command runs; --listen prints the leaders instead")
    .option("-l, --listen", "print each leader, with its proposal")
    .option("--ttl <seconds>", seconds, argument(wholeNumber), 10)
    .action(
      (
        name: string,
        proposal: string | undefined,
        child: string[],
        { ttl, listen }: { ttl: number; listen?: boolean },
        command: Command,
      ) =>
        act(command, async (context) => {
          const { etcd, out, signal } = context;
          const { election } = await import("fetcd");
          if (listen === true) {
            if (proposal !== undefined) throw badArguments("--listen takes no proposal");
            const printed = out.whole("RangeResponse");
            for await (const leader of election(etcd, name).observe({ signal })) {
              if (leader && !(await printed(rangeAnswer(context, leader.value)))) await out.entry(leader.value);
            }
            return;
          }
          if (proposal === undefined)
            throw badArguments("the proposal is missing: others see it as the value of the leader");
          const leadership = await election(etcd, name, { ttl }).campaign(proposal, { signal });
          try {
            await during(context, leadership, "ELECT", child);
          } finally {
            await leadership.resign();
          }
        }),
    );
}

/** Resolves when the command has ended or the user interrupts; rejects with the reason when the hold is lost first. */
async function during(context: Context, hold: Hold, name: "LOCK" | "ELECT", child: readonly string[]): Promise<void> {
  const { etcd, out, signal } = context;
  const { key, token } = hold;
  const either = AbortSignal.any([signal, hold.signal]);
  if (child.length === 0) {
    const printed = out.whole("RangeResponse");
    const entry = out.json ? undefined : await etcd.get(key, { signal });
    if (!entry) await out.say(key, { key, token });
    else if (!(await printed())) await out.entry(entry);
    await aborted(either);
  } else {
    const env = { [`ETCD_${name}_KEY`]: key, [`ETCD_${name}_REV`]: String(token) };
    process.exitCode = await runChild(child, env, either);
  }
  if (!signal.aborted && hold.signal.aborted) throw hold.signal.reason;
}

/** An entry as the answer to a read of its key. */
function rangeAnswer({ recorder }: Context, entry: Entry) {
  const { keyBytes, value, createRevision, modRevision, version, lease } = entry;
  const kv = { key: keyBytes, value, createRevision, modRevision, version, lease };
  return { $typeName: "etcdserverpb.RangeResponse", header: recorder.header(), kvs: [kv], more: false, count: 1n };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
