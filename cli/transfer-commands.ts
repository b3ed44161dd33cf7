import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Etcd, Op } from "fetcd";
import { act } from "./run-action.ts";
import { argument } from "./global-options.ts";
import { revisionArgument } from "./key-argument.ts";
import { reportProgress } from "./progress.ts";
import { readInput } from "./read-input.ts";
import { readTransferLine, transferLine, type TransferRecord } from "./transfer-line.ts";

/** The most that etcd takes in one transaction by default: operations, and bytes, less room for the rest of the request. */
const most = { steps: 100, bytes: 1_000_000 } as const;

/** `export` and `import`: keys and values as JSON lines. */
export function addTransferCommands(program: Command): void {
  program
    .command("export [prefix]")
    .description("print keys and values as JSON lines, all as of one revision; without a prefix, all keys")
    .option("--rev <revision>", "as of a revision", argument(revisionArgument))
    .action((prefix: string | undefined, { rev }: { rev?: bigint }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const selector = prefix === undefined || prefix === "" ? ({ all: true } as const) : { prefix };
        // No progress on a terminal that also shows the exported lines.
        const progress = reportProgress("export", out.json || process.stdout.isTTY);
        let keys = 0;
        try {
          for await (const { keyBytes, value } of etcd.scan(selector, { ...(rev && { revision: rev }), signal })) {
            const line = `${transferLine({ key: keyBytes, value })}\n`;
            if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once("drain", resolve));
            progress.at(`${++keys} keys`);
          }
        } finally {
          progress.done();
        }
      }),
    );

  program
    .command("import [file]")
    .description(
      "write what `export` printed, from a file or standard input; nothing is sent unless every line is valid",
    )
    .option("--create", "skip keys that exist")
    .option("--dry-run", "check every line and send nothing")
    .action((file: string | undefined, flags: { create?: boolean; dryRun?: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const lines = parsed(await bytesIn(file, signal));
        if (flags.dryRun === true) return out.say(`${lines.length} keys would be written`, { keys: lines.length });
        const progress = reportProgress("import", out.json);
        const at = (done: number): void => progress.at(`${done} of ${lines.length} keys`, done / lines.length);
        const writing = flags.create === true ? createAll : putAll;
        const written = await writing(etcd, lines, signal, at).finally(() => progress.done());
        await out.say(`${written} keys written`, { keys: lines.length, written });
      }),
    );
}

export async function bytesIn(file: string | undefined, signal: AbortSignal): Promise<Uint8Array> {
  return file === undefined || file === "-" ? readInput(signal) : readFile(file, { signal });
}

/** Each line with its number, without blank lines. */
function* linesOf(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  let number = 0;
  for (let start = 0; start < bytes.length; number++) {
    const newline = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, newline < 0 ? bytes.length : newline);
    start += line.length + 1;
    if (!line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) yield [number + 1, line];
  }
}

/** Parses all lines. Throws with the number of the first invalid line, or of a key's second line: one value would be lost. */
export function parsed(bytes: Uint8Array): TransferRecord[] {
  const seen = new Set<string>();
  return Array.from(linesOf(bytes), ([number, line]) => {
    try {
      const one = readTransferLine(line);
      const name = Buffer.from(one.key).toString("latin1");
      if (seen.has(name)) throw new Error("the key of an earlier line");
      seen.add(name);
      return one;
    } catch (error) {
      throw new Error(`line ${number}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** Puts all records, as many per transaction as etcd takes. An error says how many were written before it. */
export async function putAll(
  etcd: Etcd,
  lines: readonly TransferRecord[],
  signal: AbortSignal,
  at?: (done: number) => void,
): Promise<number> {
  const { op } = await import("fetcd");
  let written = 0;
  while (written < lines.length) {
    const batch: Op[] = [];
    let bytes = 0;
    for (const { key, value } of lines.slice(written, written + most.steps)) {
      bytes += key.length + value.length;
      if (batch.length > 0 && bytes > most.bytes) break;
      batch.push(op.put(key, value));
    }
    await soFar(written, () => etcd.txn({ then: batch }, { signal }));
    written += batch.length;
    at?.(written);
  }
  return written;
}

/** Writes each key in a transaction of its own, which first checks that the key does not exist. */
async function createAll(
  etcd: Etcd,
  lines: readonly TransferRecord[],
  signal: AbortSignal,
  at: (done: number) => void,
): Promise<number> {
  const { compare, op } = await import("fetcd");
  let written = 0;
  for (const [i, { key, value }] of lines.entries()) {
    const { succeeded } = await soFar(written, () =>
      etcd.txn({ if: [compare.missing(key)], then: [op.put(key, value)] }, { signal }),
    );
    if (succeeded) written++;
    at(i + 1);
  }
  return written;
}

/** Adds to an error how many keys were written before it. */
export async function soFar<T>(written: number, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { EtcdError } = await import("fetcd");
    const uncertain = EtcdError.is(error) && error.outcome === "unknown" ? ", and perhaps the next ones" : "";
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${written} keys were written${uncertain}; importing again is safe: ${message}`, { cause: error });
  }
}
