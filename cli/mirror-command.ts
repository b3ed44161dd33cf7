import { type Command, Option } from "commander";
import type { Etcd, Op, Selector } from "fetcd";
import { connected } from "./connected.ts";
import { act, type Context } from "./run-action.ts";
import { badArguments } from "./exit-error.ts";
import { argument, type GlobalOptions } from "./global-options.ts";
import { revisionArgument, wholeNumber } from "./key-argument.ts";
import { reportProgress } from "./progress.ts";
import { complain } from "./terminal.ts";

interface MirrorFlags {
  readonly prefix: string;
  readonly destPrefix: string;
  readonly noDestPrefix?: boolean;
  readonly destCacert?: string;
  readonly destCert?: string;
  readonly destKey?: string;
  readonly destUser?: string;
  readonly destPassword?: string;
  readonly destInsecureTransport: boolean;
  readonly maxTxnOps: number;
  readonly rev?: bigint;
}

/** How often the number of mirrored changes is printed, in milliseconds; the same as in etcdctl. */
const countMs = 30_000;
/** Maximum bytes of keys and values in one transaction; leaves room for the rest of the request. */
const maxBytes = 1_000_000;

/** `make-mirror`: copies keys to another cluster, then follows their changes until interrupted. */
export function addMirrorCommand(program: Command): void {
  program
    .command("make-mirror <destination>")
    .description("copy keys to another cluster, then follow their changes until interrupted")
    .option("--prefix <prefix>", "mirror the keys that start with it", "")
    .option("--dest-prefix <prefix>", "replace the prefix with this one", "")
    .addOption(flag("--no-dest-prefix", "remove the prefix"))
    .option(
      "--rev <revision>",
      "continue an earlier run: mirror the changes from a revision on, without copying first",
      argument(revisionArgument),
    )
    .option("--max-txn-ops <n>", "maximum number of changes in one transaction", argument(wholeNumber), 128)
    .option("--dest-cacert <file>", "CA certificates to verify the destination with")
    .option("--dest-cert <file>", "client certificate for the destination")
    .option("--dest-key <file>", "private key of that certificate")
    .option("--dest-user <name[:password]>", "user name, or name:password, at the destination")
    .option("--dest-password <password>", "password at the destination")
    .option("--dest-insecure-transport", "allow a destination without TLS", true)
    .addOption(new Option("--no-dest-insecure-transport").hideHelp())
    .action((destination: string, flags: MirrorFlags, command: Command) =>
      act(command, async (context) => {
        if (destination === "") throw badArguments("the destination is empty");
        const [from, to] = prefixes(flags);
        const target = destinationOptions(context.options, destination, flags);
        await connected(target, ({ etcd }) => mirror(context, etcd, flags, rename(from, to)));
      }),
    );
}

function flag(name: string, description: string): Option {
  const option = new Option(name, description);
  option.negate = false;
  return option;
}

function prefixes({ prefix, destPrefix, noDestPrefix }: MirrorFlags): [string, string] {
  if (noDestPrefix === true && destPrefix !== "") {
    throw badArguments("--dest-prefix and --no-dest-prefix exclude each other");
  }
  return [prefix, noDestPrefix === true ? "" : destPrefix === "" ? prefix : destPrefix];
}

/** Options of the destination: none of the connection options of the source apply to it. */
function destinationOptions(source: GlobalOptions, destination: string, flags: MirrorFlags): GlobalOptions {
  const { commandTimeout, debug, allowInsecure, writeOut } = source;
  const { destCacert, destCert, destKey, destUser, destPassword, destInsecureTransport } = flags;
  return {
    endpoints: [destination],
    commandTimeout,
    writeOut,
    insecureTransport: destInsecureTransport,
    ...(debug !== undefined && { debug }),
    ...(allowInsecure !== undefined && { allowInsecure }),
    ...(destCacert !== undefined && { cacert: destCacert }),
    ...(destCert !== undefined && { cert: destCert }),
    ...(destKey !== undefined && { key: destKey }),
    ...(destUser !== undefined && { user: destUser }),
    ...(destPassword !== undefined && { password: destPassword }),
  };
}

type Rename = (key: Uint8Array) => Uint8Array;

function rename(from: string, to: string): Rename {
  const [cut, added] = [Buffer.byteLength(from), Buffer.from(to)];
  return (key) => new Uint8Array(Buffer.concat([added, key.subarray(cut)]));
}

interface Change {
  readonly op: Op;
  readonly bytes: number;
}

async function mirror(context: Context, target: Etcd, flags: MirrorFlags, renamed: Rename): Promise<void> {
  const { etcd, out, signal } = context;
  const { op } = await import("fetcd");
  const selector: Selector = flags.prefix === "" ? { all: true } : { prefix: flags.prefix };
  const progress = reportProgress("make-mirror", out.json);
  let total = 0;
  /** The destination has all changes before this revision. */
  let next = flags.rev ?? 0n;
  const counting = setInterval(() => void out.say(String(total), { mirrored: total, next }), countMs);
  const apply = async (changes: readonly Change[]): Promise<void> => {
    for (const part of parts(changes, flags.maxTxnOps)) {
      await untilKnown(target, part, signal);
      total += part.length;
      progress.at(`${total} changes`);
    }
  };
  try {
    if (next === 0n) {
      for await (const { entries, revision } of etcd.pages(selector, { signal })) {
        next = revision + 1n;
        await apply(
          entries.map(({ keyBytes, value }) => ({
            op: op.put(renamed(keyBytes), value),
            bytes: keyBytes.length + value.length,
          })),
        );
      }
    }
    const watch = etcd.watch(selector, { ...(next > 0n && { from: next }), signal });
    for await (const { revision, events } of watch.batches()) {
      await apply(
        events.map(({ type, entry: { keyBytes, value } }) =>
          type === "delete"
            ? { op: op.delete(renamed(keyBytes)), bytes: keyBytes.length }
            : { op: op.put(renamed(keyBytes), value), bytes: keyBytes.length + value.length },
        ),
      );
      next = revision + 1n;
    }
  } finally {
    clearInterval(counting);
    progress.done();
    if (next > 0n) complain(`${total} changes mirrored; to continue from here: --rev=${next}`);
  }
}

function* parts(changes: readonly Change[], most: number): Generator<Op[]> {
  let part: Op[] = [];
  let bytes = 0;
  for (const change of changes) {
    if (part.length > 0 && (part.length >= Math.max(1, most) || bytes + change.bytes > maxBytes)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(change.op);
    bytes += change.bytes;
  }
  if (part.length > 0) yield part;
}

/** Repeats a write of unknown outcome: applying the same changes twice does no harm. */
async function untilKnown(target: Etcd, then: Op[], signal: AbortSignal): Promise<void> {
  const { EtcdError } = await import("fetcd");
  for (let attempt = 1; ; attempt++) {
    try {
      await target.txn({ then }, { signal });
      return;
    } catch (error) {
      if (attempt === 5 || !EtcdError.is(error) || error.outcome !== "unknown") throw error;
    }
  }
}
