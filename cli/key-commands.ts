import { type Command, Option } from "commander";
import { act } from "./context.ts";
import { argument } from "./global-options.ts";
import { idArgument, type RangeFlags, revisionArgument, selectorOf, wholeNumber } from "./key-argument.ts";
import { readInput } from "./read-input.ts";

interface GetFlags extends RangeFlags {
  readonly limit?: number;
  readonly rev?: bigint;
  readonly consistency: "l" | "s";
  readonly sortBy: "create" | "key" | "modify" | "value" | "version";
  readonly order: "ascend" | "descend";
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly printValueOnly?: boolean;
}

const sortFields = {
  create: "createRevision",
  key: "key",
  modify: "modRevision",
  value: "value",
  version: "version",
} as const;

/** `get`, `put`, `del` and `ls`. */
export function addKeyCommands(program: Command): void {
  const ranged = (command: Command): Command =>
    command.option("--prefix", "all keys that start with it").option("--from-key", "all keys from it on");

  ranged(program.command("get <key> [range-end]").description("print keys and their values"))
    .option("--limit <n>", "at most so many", argument(wholeNumber))
    .option("--rev <revision>", "as of a revision", argument(revisionArgument))
    .addOption(new Option("--consistency <l|s>", "linearizable or serializable").choices(["l", "s"]).default("l"))
    .addOption(new Option("--sort-by <field>").choices(Object.keys(sortFields)).default("key"))
    .addOption(new Option("--order <order>").choices(["ascend", "descend"]).default("ascend"))
    .option("--keys-only", "no values")
    .option("--count-only", "how many there are")
    .option("--print-value-only", "no keys")
    .action((key: string, end: string | undefined, flags: GetFlags, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const selector = selectorOf(key, end, flags);
        if (flags.countOnly === true) {
          const { count, revision } = await etcd.range(selector, { limit: 1, keysOnly: true, ...at(flags), signal });
          return out.say(String(count), { count, revision });
        }
        const { entries } = await etcd.range(selector, {
          ...at(flags),
          ...(flags.limit !== undefined && flags.limit > 0 && { limit: flags.limit }),
          serializable: flags.consistency === "s",
          sortBy: sortFields[flags.sortBy],
          sortOrder: flags.order,
          keysOnly: flags.keysOnly === true,
          signal,
        });
        const what = { keysOnly: flags.keysOnly === true, valueOnly: flags.printValueOnly === true };
        for (const entry of entries) await out.entry(entry, what);
      }),
    );

  program
    .command("put <key> [value]")
    .description("write a key; the value is read from standard input where it is not given")
    .option("--lease <id>", "attach it to a lease", argument(idArgument))
    .option("--prev-kv", "print what was there before")
    .option("--ignore-value", "keep the value that is there")
    .option("--ignore-lease", "keep the lease that is there")
    .action((key: string, value: string | undefined, flags: PutFlags, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const { lease, prevKv, ignoreValue, ignoreLease } = flags;
        if (ignoreValue === true && value !== undefined)
          throw new Error("a value and --ignore-value exclude each other");
        if (ignoreLease === true && lease !== undefined)
          throw new Error("--lease and --ignore-lease exclude each other");
        const bytes = ignoreValue === true ? "" : (value ?? (await readInput()));
        const { revision, prev } = await etcd.put(key, bytes, {
          ...(ignoreLease === true ? { ignoreLease } : { lease }),
          ...(ignoreValue === true && { ignoreValue }),
          prev: prevKv === true,
          signal,
        });
        await out.say("OK", { revision });
        if (prev) await out.entry(prev);
      }),
    );

  ranged(program.command("del <key> [range-end]").description("delete keys"))
    .option("--prev-kv", "print what was deleted")
    .action((key: string, end: string | undefined, flags: RangeFlags & { prevKv?: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const { deleted, revision, prev } = await etcd.delete(selectorOf(key, end, flags), {
          prev: flags.prevKv === true,
          signal,
        });
        await out.say(String(deleted), { deleted, revision });
        for (const entry of prev) await out.entry(entry);
      }),
    );

  program
    .command("ls [folder]")
    .description("print the children of a folder; those that are folders end with the delimiter")
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

interface PutFlags {
  readonly lease?: bigint;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

function at({ rev }: GetFlags): { revision?: bigint } {
  return rev === undefined ? {} : { revision: rev };
}
