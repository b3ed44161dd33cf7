import type { Command } from "commander";
import { Option } from "commander";
import type { WatchEvent } from "fetcd";
import { act } from "./context.ts";
import { argument } from "./global-options.ts";
import { type RangeFlags, revisionArgument, selectorOf } from "./key-argument.ts";
import { goQuote } from "./go-quote.ts";
import { runChild } from "./run-child.ts";
import { complain } from "./terminal.ts";

interface WatchFlags extends RangeFlags {
  readonly rev?: bigint;
  readonly prevKv?: boolean;
  readonly only?: "put" | "delete";
}

/** `watch`, and with a command after `--` what etcdctl does: runs it for each event. */
export function addWatchCommand(program: Command): void {
  program
    .command("watch <key> [range-end]")
    .description("print what happens to keys, until interrupted; `-- command` runs it for each event")
    .option("--prefix", "all keys that start with it")
    .option("--from-key", "all keys from it on")
    .option("--rev <revision>", "from a revision on", argument(revisionArgument))
    .option("--prev-kv", "print what was there before, too")
    .addOption(new Option("--only <type>", "one kind of event").choices(["put", "delete"]))
    .argument("[command...]", "after --")
    .action((key: string, end: string | undefined, rest: string[], flags: WatchFlags, command: Command) => {
      const [rangeEnd, child] = splitAtDashes(end, rest);
      return act(command, async ({ etcd, out, signal }) => {
        const { rev, prevKv, only } = flags;
        const watch = etcd.watch(selectorOf(key, rangeEnd, flags), {
          ...(rev !== undefined && { from: rev }),
          ...(only !== undefined && { only }),
          prev: prevKv === true,
          readyTimeoutMs: patienceMs,
          signal,
        });
        watch.ready.catch((error: unknown) => {
          // What ends the watch is reported when it has.
          if (watch.state === "closed" || signal.aborted) return;
          complain(`not watching yet, still trying: ${error instanceof Error ? error.message : String(error)}`);
        });
        for await (const event of watch) {
          if (child.length === 0) await out.event(event);
          else await runFor(event, child, signal);
        }
      });
    });
}

/** How long nothing is said about servers that do not answer, in milliseconds. */
const patienceMs = 3000;

/** commander forgets where `--` was: with it, an optional range end may be the first word of the command. */
function splitAtDashes(end: string | undefined, rest: readonly string[]): [string | undefined, readonly string[]] {
  const dashes = process.argv.indexOf("--");
  if (dashes < 0) {
    if (rest.length > 0) throw new Error(`too many arguments: a command to run goes after --`);
    return [end, []];
  }
  const child = process.argv.slice(dashes + 1);
  const before = [...(end === undefined ? [] : [end]), ...rest];
  return [before.length > child.length ? before[0] : undefined, child];
}

/**
 * Runs the command with the variables that etcdctl gives it. What is too large for the environment of a process is left
 * out, and said: an event that the command never hears of would be worse.
 */
async function runFor(
  { type, entry, revision }: WatchEvent,
  child: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const env = {
    ETCD_WATCH_REVISION: String(revision),
    ETCD_WATCH_EVENT_TYPE: JSON.stringify(type.toUpperCase()),
    ETCD_WATCH_KEY: goQuote(entry.keyBytes),
    ETCD_WATCH_VALUE: type === "delete" ? '""' : goQuote(entry.value),
  };
  for (const omitted of [
    {},
    { ETCD_WATCH_VALUE: undefined },
    { ETCD_WATCH_VALUE: undefined, ETCD_WATCH_KEY: undefined },
  ]) {
    try {
      await runChild(child, { ...env, ...omitted }, signal);
      const names = Object.keys(omitted);
      if (names.length > 0) complain(`revision ${revision}: too large for the environment: ${names.join(", ")}`);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "E2BIG")) throw error;
    }
  }
  complain(`revision ${revision}: the command and its environment are too large to start it`);
}
