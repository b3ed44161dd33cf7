import { createInterface } from "node:readline";
import { Command } from "commander";
import type { Compare, CompareOperator, compare as comparing, Op, op as operations, OpResult } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { badArguments, invalidInput } from "./exit-error.ts";
import {
  type DelFlags,
  getQuery,
  type PutFlags,
  putQuery,
  withDelOptions,
  withGetOptions,
  withPutOptions,
} from "./key-commands.ts";
import { keyArgument, leaseOrNone, selectorOf } from "./key-argument.ts";
import { goUnquote, splitWords } from "./split-words.ts";

/** Makes comparisons and operations. Passed in, so that the client is loaded only when needed. */
interface Builders {
  readonly compare: typeof comparing;
  readonly op: typeof operations;
}

/** `txn`: comparisons, then the operations if all hold, then those to run otherwise. An empty line ends each part. */
export function addTxnCommand(program: Command): void {
  program
    .command("txn")
    .description(
      "read a transaction from standard input: comparisons, operations if they hold, operations if not; an empty line ends each part",
    )
    .option("-i, --interactive", "print a prompt before each part")
    .action(({ interactive }: { interactive?: boolean }, command: Command) =>
      act(command, (context) => transact(context, interactive === true)),
    );
}

async function transact(context: Context, interactive: boolean): Promise<void> {
  const { etcd, out, signal } = context;
  const printed = out.whole("TxnResponse");
  const fetcd = await import("fetcd");
  const input = createInterface({ input: process.stdin, signal });
  const lines = input[Symbol.asyncIterator]();
  const part = async <T>(title: string, parse: (line: string) => T): Promise<T[]> => {
    if (interactive) await out.lines([title]);
    const parsed: T[] = [];
    for (;;) {
      const next: IteratorResult<string, unknown> = await lines.next();
      if (next.done === true) throw invalidInput(`the input ended within ${title.replace(/[ :].*/, "")}`);
      const line = next.value.trim();
      if (line === "") return parsed;
      parsed.push(parse(line));
    }
  };
  const conditions = await part("compares:", (line) => comparison(line, fetcd));
  const then = await part("success requests (get, put, del):", (line) => step(line, fetcd));
  const otherwise = await part("failure requests (get, put, del):", (line) => step(line, fetcd));
  input.close();
  const { succeeded, revision, results } = await etcd.txn({ if: conditions, then, else: otherwise }, { signal });
  if (await printed()) return;
  await out.say(succeeded ? "SUCCESS" : "FAILURE", { succeeded, revision });
  for (const result of results) await sayResult(context, result);
}

async function sayResult({ out }: Context, result: OpResult): Promise<void> {
  if (!out.json) await out.lines([""]);
  if (result.type === "put") {
    await out.say("OK", { revision: result.revision });
    if (result.prev) await out.entry(result.prev);
  } else if (result.type === "delete") {
    await out.say(String(result.deleted), { deleted: result.deleted, revision: result.revision });
    for (const entry of result.prev) await out.entry(entry);
  } else if (result.type === "get") for (const entry of result.entries) await out.entry(entry);
}

const targets: Readonly<Record<string, "version" | "createRevision" | "modRevision" | "value" | "lease">> = {
  ver: "version",
  version: "version",
  c: "createRevision",
  create: "createRevision",
  m: "modRevision",
  mod: "modRevision",
  val: "value",
  value: "value",
  lease: "lease",
};
const operators: readonly CompareOperator[] = ["=", "!=", "<", ">"];

/** Parses a comparison such as `mod("key") > "0"`. */
export function comparison(line: string, { compare }: Pick<Builders, "compare">): Compare {
  const parts = /^(\w+)\(("(?:[^"\\]|\\.)*")\)\s*(\S+)\s+("(?:[^"\\]|\\.)*")$/.exec(line);
  const [, name = "", key = "", given = "", value = ""] = parts ?? [];
  if (!parts) throw invalidInput(`malformed comparison: ${line}; expected the form mod("key") > "0"`);
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target === undefined) throw invalidInput(`malformed comparison: ${line} (unknown target ${name})`);
  const operator = operators.find((each) => each === given);
  if (operator === undefined) throw invalidInput(`malformed comparison: ${line} (unknown operator ${given})`);
  const text = goUnquote(value);
  if (target === "value") return compare.value(goUnquote(key), operator, text);
  if (target === "lease") return compare.lease(goUnquote(key), operator, leaseOf(text, line));
  if (!/^\d{1,19}$/.test(text)) throw invalidInput(`invalid comparison: ${line}: expected a number`);
  return compare[target](goUnquote(key), operator, BigInt(text));
}

function leaseOf(text: string, line: string): bigint {
  try {
    return leaseOrNone(text);
  } catch {
    throw invalidInput(`invalid comparison: ${line}: expected a lease id in hex`);
  }
}

/** Parses an operation such as `put key value --lease=1`. */
function step(line: string, { op }: Pick<Builders, "op">): Op {
  const [name, ...words] = splitWords(line);
  const parsed = (args: string, options: (command: Command) => Command): Command => {
    const command = options(new Command(name).arguments(args)).exitOverride();
    command.configureOutput({ writeErr: () => undefined });
    try {
      return command.parse(words, { from: "user" });
    } catch (error) {
      throw invalidInput(`invalid request: ${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (name === "get") {
    const command = parsed("<key> [range-end]", withGetOptions);
    const { selector, query } = getQuery(command.args[0] ?? "", command.args[1], command.opts());
    return op.get(selector, query);
  }
  if (name === "put") {
    const command = parsed("<key> [value]", withPutOptions);
    const [key = "", value] = command.args;
    const flags: PutFlags = command.opts();
    if (value === undefined && flags.ignoreValue !== true) throw badArguments(`the value is missing: ${line}`);
    return op.put(keyArgument(key), value ?? "", putQuery(value, flags));
  }
  if (name === "del") {
    const command = parsed("<key> [range-end]", withDelOptions);
    const flags: DelFlags = command.opts();
    const selector = selectorOf(command.args[0] ?? "", command.args[1], flags);
    return op.delete(selector, { prev: flags.prevKv === true });
  }
  throw invalidInput(`invalid request: ${line}; expected get, put or del`);
}
