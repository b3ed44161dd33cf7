import { type Command, Option } from "commander";
import { act, type Context } from "./run-action.ts";
import { badArguments, badFeature } from "./exit-error.ts";
import { argument } from "./global-options.ts";
import {
  keyArgument,
  leaseOrNone,
  type RangeFlags,
  revisionArgument,
  selectorOf,
  unlessZero,
  wholeNumber,
} from "./key-argument.ts";
import { readInput } from "./read-input.ts";

interface GetFlags extends RangeFlags {
  readonly limit?: number;
  readonly rev?: bigint;
  readonly consistency: string;
  readonly sortBy: string;
  readonly order: string;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly printValueOnly?: boolean;
}

const sortFields = {
  CREATE: "createRevision",
  KEY: "key",
  MODIFY: "modRevision",
  VALUE: "value",
  VERSION: "version",
} as const;
const orders = { ASCEND: "ascend", DESCEND: "descend" } as const;
const consistencies = { l: false, s: true } as const;

/** `get`, `put`, `del` and `ls`. */
export function addKeyCommands(program: Command): void {
  addGet(program);
  addPut(program);
  addDel(program);
  program
    .command("ls [folder]")
    .description("print the children of a folder; names of folders end with the delimiter")
    .option("--delimiter <text>", "what separates the names of folders", "/")
    .action((folder: string | undefined, { delimiter }: { delimiter: string }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const place = folder === undefined || folder === "" ? ({ all: true } as const) : folder;
        for await (const child of etcd.ls(place, { delimiter, signal })) {
          const { name, path, folder: isFolder } = child;
          await out.say(path, { name, path, folder: isFolder });
        }
      }),
    );
}

/** The options of `get`, also used within a transaction. */
export function withGetOptions(command: Command): Command {
  return command
    .option("--prefix", "all keys that start with the key")
    .option("--from-key", "all keys from the key on")
    .option("--limit <n>", "maximum number of results; 0: no limit", argument(wholeNumber))
    .option("--rev <revision>", "read at a revision", argument(revisionArgument))
    .option("--consistency <l|s>", "linearizable (l) or serializable (s)", "l")
    .option("--sort-by <field>", "sort results by CREATE, KEY, MODIFY, VALUE or VERSION", "")
    .option("--order <order>", "ASCEND or DESCEND", "")
    .option("--keys-only", "no values")
    .option("--count-only", "only the number of keys");
}

/** The keys and options of a read. Throws if two options exclude each other. */
export function getQuery(key: string, end: string | undefined, flags: GetFlags) {
  const selector = selectorOf(key, end, flags);
  if (flags.keysOnly === true && flags.countOnly === true) {
    throw badArguments("--keys-only and --count-only exclude each other");
  }
  return {
    selector,
    serializable: named("consistency", flags.consistency, consistencies, "l"),
    query: {
      ...(unlessZero(flags.rev) && { revision: flags.rev }),
      ...(flags.limit !== undefined && flags.limit > 0 && { limit: flags.limit }),
      sortBy: named("sort field", flags.sortBy.toUpperCase(), sortFields, "KEY"),
      sortOrder: named("sort order", flags.order.toUpperCase(), orders, "ASCEND"),
      keysOnly: flags.keysOnly === true,
    },
  } as const;
}

function named<T extends Record<string, unknown>>(what: string, name: string, all: T, none: keyof T): T[keyof T] {
  if (name === "") return all[none];
  if (Object.hasOwn(all, name)) return all[name as keyof T];
  throw badFeature(`unknown ${what} ${JSON.stringify(name)}: expected ${Object.keys(all).join(", ")}`);
}

function addGet(program: Command): void {
  withGetOptions(program.command("get <key> [range-end]").description("print keys and their values"))
    .option("--print-value-only", "no keys")
    .action((key: string, end: string | undefined, flags: GetFlags, command: Command) =>
      act(command, (context) => get(context, key, end, flags)),
    );
}

async function get(context: Context, key: string, end: string | undefined, flags: GetFlags): Promise<void> {
  const { etcd, out, recorder, signal } = context;
  const { selector, serializable, query } = getQuery(key, end, flags);
  const valueOnly = flags.printValueOnly === true;
  if (valueOnly && out.form !== "simple") throw badArguments("--print-value-only needs -w simple");
  const printed = out.whole("RangeResponse");
  if (flags.countOnly === true) {
    // The client counts by reading one key, which `--count-only` must not print.
    const { count, revision } = await etcd.range(selector, {
      ...query,
      limit: 1,
      keysOnly: true,
      serializable,
      signal,
    });
    const answer = recorder.last("RangeResponse");
    if (answer !== undefined && (await printed({ ...answer, kvs: [], more: false }))) return;
    return out.say(String(count), { count, revision });
  }
  const { entries } = await etcd.range(selector, { ...query, serializable, signal });
  if (await printed()) return;
  for (const entry of entries) await out.entry(entry, { keysOnly: flags.keysOnly === true, valueOnly });
}

export interface PutFlags {
  readonly lease?: bigint;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export function withPutOptions(command: Command): Command {
  return command
    .option("--lease <id>", "attach the key to a lease", leaseOrNone)
    .option("--prev-kv", "print the previous key and value")
    .option("--ignore-value", "keep the current value")
    .option("--ignore-lease", "keep the current lease");
}

/** The options of a write. Throws if two options exclude each other. */
export function putQuery(value: string | undefined, { lease, prevKv, ignoreValue, ignoreLease }: PutFlags) {
  if (ignoreValue === true && value !== undefined) throw badArguments("a value and --ignore-value exclude each other");
  if (ignoreLease === true && unlessZero(lease) !== undefined)
    throw badArguments("--lease and --ignore-lease exclude each other");
  return {
    ...(ignoreLease === true ? { ignoreLease } : { lease: unlessZero(lease) }),
    ...(ignoreValue === true && { ignoreValue }),
    prev: prevKv === true,
  } as const;
}

function addPut(program: Command): void {
  withPutOptions(
    program
      .command("put <key> [value]")
      .description("write a key; without a value, the value is read from standard input"),
  ).action((key: string, value: string | undefined, flags: PutFlags, command: Command) =>
    act(command, async ({ etcd, out, signal }) => {
      const query = putQuery(value, flags);
      const name = keyArgument(key);
      const printed = out.whole("PutResponse");
      const bytes = flags.ignoreValue === true ? "" : (value ?? (await readInput(signal)));
      const { revision, prev } = await etcd.put(name, bytes, { ...query, signal });
      if (await printed()) return;
      await out.say("OK", { revision });
      if (prev) await out.entry(prev);
    }),
  );
}

export interface DelFlags extends RangeFlags {
  readonly prevKv?: boolean;
  readonly range?: boolean;
}

export function withDelOptions(command: Command): Command {
  return command
    .option("--prefix", "all keys that start with the key")
    .option("--from-key", "all keys from the key on")
    .addOption(new Option("--range", "accepted for etcdctl; a range end alone deletes the range").hideHelp())
    .option("--prev-kv", "print the deleted keys and values");
}

function addDel(program: Command): void {
  withDelOptions(program.command("del <key> [range-end]").description("delete keys")).action(
    (key: string, end: string | undefined, flags: DelFlags, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const selector = selectorOf(key, end, flags);
        const printed = out.whole("DeleteRangeResponse");
        const { deleted, revision, prev } = await etcd.delete(selector, { prev: flags.prevKv === true, signal });
        if (await printed()) return;
        await out.say(String(deleted), { deleted, revision });
        for (const entry of prev) await out.entry(entry);
      }),
  );
}
