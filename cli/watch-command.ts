import { createInterface } from "node:readline";
import { Command, Option } from "commander";
import type { Watcher, WatchEvent } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { badArguments, ExitError, invalidInput } from "./exit-error.ts";
import { argument } from "./global-options.ts";
import { goQuote } from "./go-quote.ts";
import { type RangeFlags, revisionArgument, selectorOf, unlessZero } from "./key-argument.ts";
import { runChild } from "./run-child.ts";
import { splitWords } from "./split-words.ts";
import { complain } from "./terminal.ts";
import { wholeResponses } from "./watch-responses.ts";

interface WatchFlags extends RangeFlags {
  readonly rev?: bigint;
  readonly prevKv?: boolean;
  readonly progressNotify?: boolean;
  readonly interactive?: boolean;
  readonly only?: "put" | "delete";
}

/** What to watch, and what to run for each event. */
interface Watched {
  readonly key: string;
  readonly end: string | undefined;
  readonly child: readonly string[];
  readonly flags: WatchFlags;
}

/** `watch`; like etcdctl, it runs a command after `--` for each event. */
export function addWatchCommand(program: Command): void {
  withWatchOptions(
    program
      .command("watch [key] [range-end]")
      .description("print changes of keys until interrupted; `-- command` runs a command for each event"),
  )
    .option("-i, --interactive", "read `watch` lines and `progress` from standard input")
    .addOption(new Option("--only <type>", "print only events of this type").choices(["put", "delete"]))
    .argument("[command...]", "after --")
    .action((key: string | undefined, end: string | undefined, rest: string[], flags: WatchFlags, command: Command) => {
      const given = [key, end, ...rest].filter((each) => each !== undefined);
      return act(command, (context) => {
        if (flags.interactive === true) return interactive(context);
        const [words, child] = splitAtDashes(given);
        return follow(context, watchedOf(words, child, flags));
      });
    });
}

/** How long servers may fail to answer before a message is printed, in milliseconds. */
const patienceMs = 3000;

function withWatchOptions(command: Command): Command {
  return command
    .option("--prefix", "all keys that start with the key")
    .option("--from-key", "all keys from the key on")
    .option("--rev <revision>", "start at a revision", argument(revisionArgument))
    .option("--prev-kv", "also print the previous key and value")
    .option("--progress-notify", "let the server report its revision from time to time while there are no events");
}

/** Separates the command after `--`, since commander does not keep the position of `--`. */
function splitAtDashes(given: readonly string[]): [string[], readonly string[]] {
  const dashes = process.argv.indexOf("--");
  const child = dashes < 0 ? [] : process.argv.slice(dashes + 1);
  return [given.slice(0, given.length - child.length), child];
}

/** As with etcdctl, the key may come from a variable. */
function watchedOf(words: readonly string[], child: readonly string[], flags: WatchFlags): Watched {
  const { ETCDCTL_WATCH_KEY: envKey = "", ETCDCTL_WATCH_RANGE_END: envEnd = "" } = process.env;
  if (envKey !== "") {
    if (words.length > 0) throw badArguments("ETCDCTL_WATCH_KEY already names the key: give no other key, or unset it");
    return { key: envKey, end: envEnd === "" ? undefined : envEnd, child, flags };
  }
  const [key, end] = words;
  if (key === undefined) throw badArguments("there is no key to watch: give one or set ETCDCTL_WATCH_KEY");
  if (words.length > 2) throw badArguments("too many arguments: a command to run goes after --");
  return { key, end, child, flags };
}

async function follow(context: Context, { key, end, child, flags }: Watched): Promise<void> {
  const { etcd, out, recorder, signal } = context;
  const { rev, prevKv, only, progressNotify } = flags;
  const selector = selectorOf(key, end, flags);
  const printed = out.whole("WatchResponse");
  const responses = out.form === "simple" ? undefined : wholeResponses(recorder);
  const watch = etcd.watch(selector, {
    ...(unlessZero(rev) && { from: rev }),
    ...(only !== undefined && { only }),
    ...(progressNotify === true && { progress: true }),
    prev: prevKv === true,
    readyTimeoutMs: patienceMs,
    signal,
  });
  watch.ready.catch((error: unknown) => {
    // An error that ends the watch is reported when the watch rejects.
    if (watch.state === "closed" || signal.aborted) return;
    complain(`not watching yet, still trying: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    if (responses !== undefined) {
      for await (const batch of watch.batches()) {
        for (const answer of responses.next(batch)) await printed(answer);
        for (const event of child.length === 0 ? [] : batch.events) await runFor(event, child, signal);
      }
      return;
    }
    for await (const event of watch) {
      await out.event(event);
      if (child.length > 0) await runFor(event, child, signal);
    }
  } catch (error) {
    throw await asCanceled(error);
  }
}

/** etcdctl has a special exit code for a watch that the server cancels. */
async function asCanceled(error: unknown): Promise<unknown> {
  const { EtcdError } = await import("fetcd");
  if (!EtcdError.is(error) || (error.reason !== "Compacted" && error.reason !== "WatchCanceled")) return error;
  return new ExitError(`watch is canceled by the server: ${error.message} [${error.reason}]`, "interrupted", {
    cause: error,
  });
}

/** Lines such as `watch key --prefix`; `progress` asks for the current revision. Ends with the input, as etcdctl does. */
async function interactive(context: Context): Promise<void> {
  const { etcd, out, signal } = context;
  const watches: Promise<void>[] = [];
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (failed = reject));
  const lines = createInterface({ input: process.stdin, signal });
  const reading = (async () => {
    for await (const line of lines) {
      const [name, ...words] = splitWords(line);
      if (name === undefined) continue;
      if (name === "progress") {
        await out.say(`progress notify: ${await newestRevision(etcd.watch("\0", { signal }))}`, {});
      } else if (name !== "watch") {
        complain(`Invalid command ${name} (only watch and progress are supported)`);
      } else {
        const parser = withWatchOptions(new Command("watch").argument("[words...]")).exitOverride();
        parser.configureOutput({ writeErr: () => undefined });
        try {
          parser.parse(words, { from: "user" });
          const dashes = words.indexOf("--");
          const child = dashes < 0 ? [] : words.slice(dashes + 1);
          const watched = watchedOf(parser.args.slice(0, parser.args.length - child.length), child, parser.opts());
          watches.push(follow(context, watched).catch(failed));
        } catch (error) {
          complain(`Invalid command ${line} (${error instanceof Error ? error.message : String(error)})`);
        }
      }
    }
    if (!signal.aborted) throw invalidInput("standard input has ended");
  })();
  await Promise.race([reading, failure]);
}

/** The current revision of the server. */
async function newestRevision(watch: Watcher): Promise<bigint> {
  try {
    return (await watch.ready).revision;
  } finally {
    await watch.cancel();
  }
}

/**
 * Runs the command with the variables that etcdctl gives it. A value that is too large for an environment is left out with
 * a message: that is better than not running the command for the event. A command that fails ends the watch.
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
      const code = await runChild(child, { ...env, ...omitted }, signal);
      const names = Object.keys(omitted);
      if (names.length > 0) complain(`revision ${revision}: too large for the environment: ${names.join(", ")}`);
      if (code !== 0 && !signal.aborted)
        throw new Error(`command ${JSON.stringify(child)} failed: exit status ${code}`);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "E2BIG")) throw error;
    }
  }
  complain(`revision ${revision}: the command and its environment are too large to start it`);
}
