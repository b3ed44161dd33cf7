import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { FlagContext, FlagDetails, Json } from "fetcd/flags";
import { act, type Context } from "./run-action.ts";
import { checkDocument, faultText, isMeantAsDefinition } from "./flags-check.ts";
import type { FlagStore } from "./flags-store.ts";
import { keyArgument } from "./key-argument.ts";
import { readInput } from "./read-input.ts";

interface Prefixed {
  readonly prefix: string;
}

/** `flags`: feature flags in flagd's format, each at a key of its own below a prefix. */
export function addFlagsCommands(program: Command): void {
  const flags = program.command("flags").description("feature flags: plain JSON, or flag definitions of flagd");

  function add(name: string, description: string): Command {
    return flags
      .command(name)
      .description(description)
      .option("--prefix <prefix>", "the prefix of the keys of flags", "flags/");
  }

  function run<F extends Prefixed>(
    command: Command,
    given: F,
    action: (store: FlagStore, context: Context, given: F) => Promise<void>,
  ): Promise<void> {
    return act(command, async (context) => {
      // Loaded only here, so that help prints without loading the client.
      const { createFlagStore } = await import("./flags-store.ts");
      await action(createFlagStore(context.etcd, given.prefix, context.signal), context, given);
    });
  }

  add("list", "all flags: key, state, and values or variants").action((given: Prefixed, command: Command) =>
    run(command, given, async (store, { out }) => {
      const { flags: all } = await store.document();
      for (const [key, flag] of Object.entries(all)) await out.say(listLine(key, flag as Json), { key, flag });
    }),
  );

  add("get <key>", "one flag as it is stored").action((key: string, given: Prefixed, command: Command) =>
    run(command, given, async (store, { out }) => {
      const flag = (await store.get(key)).json<Json>();
      await out.say(JSON.stringify(flag, null, 2), { key, flag });
    }),
  );

  add(
    "set <key> [json]",
    "write a flag, from standard input if no JSON is given; an invalid flag is not written",
  ).action((key: string, json: string | undefined, given: Prefixed, command: Command) =>
    run(command, given, async (store, { out, signal }) => {
      await store.set(keyArgument(key), parsed(json ?? new TextDecoder().decode(await readInput(signal)), key));
      await out.say("OK", { key });
    }),
  );

  for (const [name, state] of [
    ["enable", "ENABLED"],
    ["disable", "DISABLED"],
  ] as const) {
    add(`${name} <key>`, `set the state of a flag definition to ${state}`).action(
      (key: string, given: Prefixed, command: Command) =>
        run(command, given, async (store, { out }) => {
          const entry = await store.get(key);
          const flag = entry.json<Json>();
          if (!isMeantAsDefinition(flag))
            throw new Error(`${JSON.stringify(key)} is plain JSON, not a flag definition: it has no state`);
          await store.set(key, { ...flag, state }, entry);
          await out.say("OK", { key, state });
        }),
    );
  }

  add("check [file]", "check a flagd document, or the stored flags if no file is given").action(
    (file: string | undefined, given: Prefixed, command: Command) => {
      const report = async (faults: Awaited<ReturnType<FlagStore["faults"]>>, { out }: Pick<Context, "out">) => {
        if (faults.length > 0) process.exitCode = 1;
        if (out.json || faults.length === 0) await out.say("OK", { faults });
        else await out.say(faultText(faults), { faults });
      };
      return run(command, given, async (store, context) =>
        report(file === undefined ? await store.faults() : checkDocument(await jsonOf(file, context.signal)), context),
      );
    },
  );

  add("eval [key]", "evaluate a flag, or all flags, for a context or a list of contexts")
    .option("--context <json>", 'evaluation context, such as \'{"targetingKey":"user-7"}\'', "{}")
    .option("--sample <file>", "a JSON list of contexts; prints a table of the variants")
    .action((key: string | undefined, given: Prefixed & { context: string; sample?: string }, command: Command) =>
      run(command, given, async (store, { out, signal }) => {
        const contexts =
          given.sample === undefined
            ? [contextOf(parsed(given.context, "--context"), "--context")]
            : contextsOf(await jsonOf(given.sample, signal), given.sample);
        const found = await store.flags();
        const keys = key === undefined ? [...found.findAll().keys()] : [key];
        const rows = contexts.map((context) => keys.map((each) => found.find(each, context)));
        if (out.json) {
          for (const [i, row] of rows.entries()) {
            for (const [j, details] of row.entries()) await out.say("", evaluated(contexts[i], keys[j], details));
          }
        } else if (given.sample === undefined) {
          const lines = keys.map((each, i) => [each, ...cells(rows[0]?.[i])]);
          for (const line of table([["FLAG", "VALUE", "VARIANT", "REASON"], ...lines])) await out.say(line, {});
        } else {
          const lines = rows.map((row, i) => [
            String(contexts[i]?.targetingKey ?? `#${i + 1}`),
            ...row.map((details) => details?.variant ?? cells(details)[0] ?? ""),
          ]);
          for (const line of table([["TARGETING KEY", ...keys], ...lines])) await out.say(line, {});
        }
        if (key !== undefined && rows.some((row) => row[0] === undefined))
          throw new Error(`there is no flag ${JSON.stringify(key)}`);
      }),
    );

  add("import [file]", "write the flags of a flagd document; nothing is written unless all of it is valid")
    .option("--dry-run", "check and write nothing")
    .action((file: string | undefined, given: Prefixed & { dryRun?: boolean }, command: Command) =>
      run(command, given, async (store, { out, signal }) => {
        const document = await jsonOf(file ?? "-", signal);
        const faults = checkDocument(document);
        if (faults.length > 0) throw new Error(`not valid, nothing was written:\n${faultText(faults)}`);
        if (given.dryRun === true) return out.say("OK, nothing was written", { written: 0 });
        const written = await store.import(document);
        await out.say(`${written} keys written`, { written });
      }),
    );

  add("export", "print all flags as one flagd document").action((given: Prefixed, command: Command) =>
    run(command, given, async (store, { out }) => {
      const { flags: all, ...rest } = await store.document();
      const definitions = Object.entries(all).map(([key, flag]) => [key, definitionOf(flag as Json)] as const);
      const document = {
        $schema: "https://flagd.dev/schema/v0/flags.json",
        ...rest,
        flags: Object.fromEntries(definitions),
      };
      await out.say(JSON.stringify(document, null, 2), document);
    }),
  );
}

/** Turns plain JSON, the same value for everybody, into an equivalent definition: flagd knows only definitions. */
function definitionOf(flag: Json): Json {
  if (isMeantAsDefinition(flag)) return flag;
  return { state: "ENABLED", variants: { value: flag }, defaultVariant: "value" };
}

function listLine(key: string, flag: Json): string {
  if (!isMeantAsDefinition(flag)) return `${key}\tvalue\t${JSON.stringify(flag)}`;
  const { state, variants, defaultVariant, targeting } = flag;
  const names = typeof variants === "object" && variants !== null ? Object.keys(variants) : [];
  const marked = names.map((name) => (name === defaultVariant ? `${name}*` : name));
  const targeted = targeting === undefined ? "" : "\ttargeting";
  return `${key}\t${typeof state === "string" ? state : JSON.stringify(state)}\t${marked.join(" ")}${targeted}`;
}

function cells(details: FlagDetails<unknown> | undefined): string[] {
  if (details === undefined) return ["", "", "FLAG_NOT_FOUND"];
  const { value, variant = "", reason, errorCode } = details;
  return [value === undefined ? "(default)" : JSON.stringify(value), variant, errorCode ?? reason];
}

function evaluated(
  context: FlagContext | undefined,
  key: string | undefined,
  details: FlagDetails<unknown> | undefined,
): object {
  return { key, targetingKey: context?.targetingKey, ...(details ?? { reason: "ERROR", errorCode: "FLAG_NOT_FOUND" }) };
}

/** Lines of a table whose columns are as wide as their widest cells. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

async function jsonOf(file: string, signal: AbortSignal): Promise<Json> {
  const text = file === "-" ? new TextDecoder().decode(await readInput(signal)) : await readFile(file, "utf8");
  return parsed(text, file === "-" ? "standard input" : file);
}

function parsed(text: string, where: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`${where}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function contextOf(json: Json | undefined, where: string): FlagContext {
  if (typeof json === "object" && json !== null && !Array.isArray(json))
    return Object.fromEntries(Object.entries(json));
  throw new Error(`${where}: expected an object of attributes`);
}

function contextsOf(json: Json, where: string): FlagContext[] {
  if (Array.isArray(json)) return json.map((each: Json, i) => contextOf(each, `${where}: ${i}`));
  throw new Error(`${where}: expected a list of contexts`);
}
