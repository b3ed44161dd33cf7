import { createHash, type Hash, randomUUID } from "node:crypto";
import { copyFile, link, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { type Entry, type Etcd, EtcdError, op, type Op } from "fetcd";
import { toJson } from "./output.ts";
import { readTransferLine, transferLine } from "./transfer-line.ts";

// The file of `serve --data`: keys with their values and leases, as JSON lines. The last line has the SHA-256 of all lines
// before it, so that a truncated or changed file is detected.

interface Kept {
  readonly leases: ReadonlyMap<bigint, number>;
  /** In the order of their creation, which is the order of a lock's wait queue. */
  readonly keys: readonly KeptKey[];
}

interface KeptKey {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: bigint;
  /** Its create revision when the file was written. */
  readonly created: bigint;
}

const head = JSON.stringify({ format: "fetcd serve", version: 2 });

/** The path of the previous version of a file. */
export function previousOf(file: string): string {
  return `${file}.previous`;
}

/** A text that changes whenever the file is written; `"none"` while the file does not exist. */
export async function stateOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    unlessMissing(error);
    return "none";
  }
}

/**
 * Writes all keys and leases. The file is complete before it gets its name, and replaces the old one in one step; the old
 * one is kept as `previousOf(file)`. `known`: the state of the file as this program left it. Rejects, and replaces nothing,
 * if another program has written the file since.
 */
export async function saveData(etcd: Etcd, file: string, known?: string): Promise<{ readonly keys: number }> {
  const partial = `${file}.${randomUUID()}.part`;
  const target = await open(partial, "wx", 0o600);
  const written = { keys: 0 };
  try {
    try {
      await writeFile(target, inPieces(sealed(linesOf(etcd, written))));
      await target.sync();
    } finally {
      await target.close();
    }
    if (known !== undefined && (await stateOf(file)) !== known) {
      throw new Error("another program wrote it, perhaps a second server; each needs its own file");
    }
    await keepPrevious(file);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return written;
}

async function* linesOf(etcd: Etcd, written: { keys: number }): AsyncGenerator<string> {
  yield head;
  for await (const entry of etcd.scan({ all: true })) {
    yield keyLine(entry);
    written.keys++;
  }
  // Leases are listed after the keys, so that every key that still exists finds its lease in the list.
  for (const id of await etcd.lease.list()) {
    const ttl = await ttlOf(etcd, id);
    if (ttl !== undefined) yield JSON.stringify({ lease: id.toString(16), ttl });
  }
}

function keyLine({ keyBytes, value, lease, createRevision }: Entry): string {
  const more = { created: String(createRevision), ...(lease !== 0n && { lease: lease.toString(16) }) };
  return `${transferLine({ key: keyBytes, value }).slice(0, -1)},${toJson(more).slice(1)}`;
}

/** The granted TTL in seconds; `undefined` for a lease that has expired since it was listed. */
async function ttlOf(etcd: Etcd, id: bigint): Promise<number | undefined> {
  try {
    return (await etcd.lease.timeToLive(id)).grantedTtl;
  } catch (error) {
    if (EtcdError.is(error) && error.reason === "LeaseNotFound") return undefined;
    throw error;
  }
}

/** The lines, followed by one with their checksum. */
async function* sealed(lines: AsyncIterable<string>): AsyncGenerator<string> {
  const hash = createHash("sha256");
  for await (const line of lines) {
    hash.update(`${line}\n`);
    yield line;
  }
  yield endLine(hash);
}

/** Joins lines, with their line breaks, into large chunks, so that few writes are needed. */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = "";
  for await (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

const pieceLength = 256 * 1024;

/** Keeps the file under a second name: as a hard link where the file system has them, so that the first name never vanishes. */
async function keepPrevious(file: string): Promise<void> {
  const previous = previousOf(file);
  await rm(previous, { force: true });
  await link(file, previous)
    .catch(async (error: unknown) => {
      unlessMissing(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK");
      await copyFile(file, previous);
    })
    .catch(unlessMissing);
}

/** Reads such a file into an empty etcd. `undefined` if the file does not exist; throws if it is not complete. */
export async function loadData(etcd: Etcd, file: string): Promise<{ readonly keys: number } | undefined> {
  let kept: Kept;
  try {
    const source = await open(file);
    kept = await readData(source.createReadStream());
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${file}: ${message}; the previous version, if any, is ${previousOf(file)}`, {
      cause: error,
    });
  }
  for (const [id, ttl] of kept.leases) await etcd.lease.grant(ttl, { id });
  let batch: Op[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length > 0) await etcd.txn({ then: batch });
    [batch, bytes] = [[], 0];
  };
  for (const { key, value, lease } of kept.keys) {
    // The lease expired while the file was written, so the key is gone too.
    if (lease !== 0n && !kept.leases.has(lease)) continue;
    if (batch.length >= 100 || bytes + key.length + value.length > 1_000_000) await send();
    batch.push(lease === 0n ? op.put(key, value) : op.put(key, value, { lease }));
    bytes += key.length + value.length;
    // All keys of a transaction get the same create revision. A wait queue needs its keys in order, so each key with a
    // lease is sent alone.
    if (lease !== 0n) await send();
  }
  await send();
  return { keys: kept.keys.length };
}

/** Reads a file in chunks of any size. Rejects with an `Error` if it is damaged or incomplete. */
export async function readData(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Kept> {
  const hash = createHash("sha256");
  const leases = new Map<bigint, number>();
  const keys: KeptKey[] = [];
  let number = 0;
  let last: Uint8Array = new Uint8Array();
  for await (const line of linesIn(chunks)) {
    if (number++ === 0 && Buffer.from(line).toString() !== head) break;
    if (number > 1) hash.update(last).update("\n");
    if (number > 2) take(last);
    last = line;
  }
  if (number < 2) throw new Error("not a file of `fetcd serve --data`");
  if (Buffer.from(last).toString() !== endLine(hash)) throw damaged();
  return { leases, keys: keys.sort((a, b) => Number(a.created - b.created)) };

  function take(line: Uint8Array): void {
    try {
      const fields = JSON.parse(Buffer.from(line).toString()) as { lease?: string; ttl?: number; created?: string };
      const id = fields.lease === undefined ? 0n : BigInt(`0x${fields.lease}`);
      if (fields.ttl === undefined) {
        keys.push({ ...readTransferLine(line), lease: id, created: BigInt(fields.created ?? 0) });
      } else leases.set(id, fields.ttl);
    } catch (error) {
      throw damaged(error);
    }
  }
}

async function* linesIn(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)]);
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) throw damaged();
}

const newline = 0x0a;

function damaged(cause?: unknown): Error {
  return new Error("the file is damaged or cut short", { cause });
}

function endLine(hash: Hash): string {
  return JSON.stringify({ sha256: hash.digest("hex") });
}

function unlessMissing(error: unknown, ...others: readonly string[]): void {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOENT" && !others.some((each) => each === code)) throw error;
}
