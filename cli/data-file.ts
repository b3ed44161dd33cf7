import { createHash, type Hash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import type { Etcd, Op } from "fetcd";
import { readTransferLine, transferLine } from "./transfer-line.ts";

// What `serve --data` keeps: keys with their values and leases, as JSON lines. The last line has the SHA-256 of all before
// it, so that a file that was cut short or changed is known as such.

interface Kept {
  readonly leases: ReadonlyMap<bigint, number>;
  readonly keys: readonly { readonly key: Uint8Array; readonly value: Uint8Array; readonly lease: bigint }[];
}

const head = JSON.stringify({ format: "fetcd serve", version: 1 });

/** Where the file before the newest one is. */
export function previousOf(file: string): string {
  return `${file}.previous`;
}

/** Writes all keys and leases. The file has its name only once it is whole; the one before it is kept under another. */
export async function saveData(etcd: Etcd, file: string): Promise<{ readonly keys: number }> {
  const partial = `${file}.part`;
  await rm(partial, { force: true });
  const target = await open(partial, "wx", 0o600);
  let keys = 0;
  try {
    const hash = createHash("sha256");
    const write = async (line: string): Promise<void> => {
      hash.update(`${line}\n`);
      await target.write(`${line}\n`);
    };
    await write(head);
    for (const id of await etcd.lease.list()) {
      const { grantedTtl } = await etcd.lease.timeToLive(id);
      await write(JSON.stringify({ lease: id.toString(16), ttl: grantedTtl }));
    }
    // In the order of their creation, which is that of those who wait for a lock.
    const { entries } = await etcd.range({ all: true }, { sortBy: "createRevision" });
    for (const { keyBytes, value, lease } of entries) {
      const line = transferLine({ key: keyBytes, value });
      await write(lease === 0n ? line : `${line.slice(0, -1)},"lease":"${lease.toString(16)}"}`);
      keys++;
    }
    await target.write(`${endLine(hash)}\n`);
    await target.sync();
  } finally {
    await target.close();
  }
  await rename(file, previousOf(file)).catch(unlessMissing);
  await rename(partial, file);
  return { keys };
}

/** Reads such a file into an empty etcd. `undefined` if the file does not exist; throws if it is not complete. */
export async function loadData(etcd: Etcd, file: string): Promise<{ readonly keys: number } | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    unlessMissing(error);
    return undefined;
  }
  let kept: Kept;
  try {
    kept = readData(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${file}: ${message}; the one before it is ${previousOf(file)}, if there was one`, {
      cause: error,
    });
  }
  for (const [id, ttl] of kept.leases) await etcd.lease.grant(ttl, { id });
  const { op } = await import("fetcd");
  let batch: Op[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length > 0) await etcd.txn({ then: batch });
    [batch, bytes] = [[], 0];
  };
  for (const { key, value, lease } of kept.keys) {
    // A lease that expired while the file was written took its keys along.
    if (lease !== 0n && !kept.leases.has(lease)) continue;
    if (batch.length >= 100 || bytes + key.length + value.length > 1_000_000) await send();
    batch.push(lease === 0n ? op.put(key, value) : op.put(key, value, { lease }));
    bytes += key.length + value.length;
    // Keys of one transaction have one create revision: those that wait in order need one each.
    if (lease !== 0n) await send();
  }
  await send();
  return { keys: kept.keys.length };
}

/** Throws an `Error` for what is not whole. */
export function readData(text: string): Kept {
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  if (!body.startsWith(`${head}\n`)) throw new Error("not a file of `fetcd serve --data`");
  if (text.slice(end) !== `${endLine(createHash("sha256").update(body))}\n`) {
    throw new Error("the file is damaged or cut short");
  }
  const leases = new Map<bigint, number>();
  const keys: Kept["keys"][number][] = [];
  for (const line of body.split("\n").slice(1, -1)) {
    const { lease, ttl } = JSON.parse(line) as { readonly lease?: string; readonly ttl?: number };
    const id = lease === undefined ? 0n : BigInt(`0x${lease}`);
    if (ttl === undefined) keys.push({ ...readTransferLine(new TextEncoder().encode(line)), lease: id });
    else leases.set(id, ttl);
  }
  return { leases, keys };
}

function endLine(hash: Hash): string {
  return JSON.stringify({ sha256: hash.digest("hex") });
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
