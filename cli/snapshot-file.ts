import { createHash } from "node:crypto";

/** What `etcdctl snapshot status` prints about a snapshot. */
export interface SnapshotStatus {
  readonly hash: number;
  readonly revision: bigint;
  readonly totalKeys: number;
  readonly totalSize: number;
}

// A snapshot is a file of bbolt, the embedded database of etcd, followed by its SHA-256. The file consists of pages of one
// size: two meta pages, then branch and leaf pages of B+ trees. The newer valid meta page names the page of the root bucket.
// A leaf of the root bucket holds a bucket: the number of its root page, or that page itself, inline.

const magic = 0xed0cdaed;
const pageHeader = 16;
const flags = { branch: 1, leaf: 2, bucket: 1 } as const;
const digestLength = 32;

/** Reads and checks a snapshot. Throws an `Error` that says why a file is not a snapshot, or how it is damaged. */
export function readSnapshot(file: Uint8Array): SnapshotStatus {
  const whole = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const signed = whole.length % 512 === digestLength;
  const data = signed ? whole.subarray(0, -digestLength) : whole;
  if (signed && !createHash("sha256").update(data).digest().equals(whole.subarray(-digestLength))) {
    throw new Error("the snapshot is damaged: its SHA-256 does not match");
  }
  const { pageSize, root, pages } = metaOf(data);
  let crc = 0;
  let totalKeys = 0;
  let revision = 0n;
  const tree: Tree = { data, pageSize };
  for (const bucket of leavesOf(tree, pageAt(tree, root))) {
    crc = crc32c(bucket.key, crc);
    const isKeys = bucket.key.toString() === "key";
    for (const { key, value } of leavesOf(tree, bucketPage(tree, bucket.value))) {
      crc = crc32c(value, crc32c(key, crc));
      if (isKeys) revision = key.readBigInt64BE(0);
      totalKeys++;
    }
  }
  return { hash: crc >>> 0, revision, totalKeys, totalSize: pages * pageSize };
}

interface Tree {
  readonly data: Buffer;
  readonly pageSize: number;
}
interface Leaf {
  readonly key: Buffer;
  readonly value: Buffer;
}

function metaOf(data: Buffer): { readonly pageSize: number; readonly root: number; readonly pages: number } {
  const size = data.length >= pageHeader + 12 ? data.readUInt32LE(pageHeader + 8) : 0;
  const found = [0, size]
    .filter((start) => start + pageHeader + 64 <= data.length && data.readUInt32LE(start + pageHeader) === magic)
    .map((start) => data.subarray(start + pageHeader, start + pageHeader + 64))
    .filter((meta) => meta.readBigUInt64LE(56) === fnv1a(meta.subarray(0, 56)))
    .sort((a, b) => (a.readBigUInt64LE(48) < b.readBigUInt64LE(48) ? 1 : -1));
  const [meta] = found;
  if (meta === undefined) throw new Error("not a snapshot of etcd: it does not start with a page of its database");
  return {
    pageSize: meta.readUInt32LE(8),
    root: Number(meta.readBigUInt64LE(16)),
    pages: Number(meta.readBigUInt64LE(40)),
  };
}

function pageAt({ data, pageSize }: Tree, id: number): Buffer {
  const start = id * pageSize;
  if (start + pageHeader > data.length) throw new Error(`the snapshot is cut short: page ${id} is missing`);
  // A page that is too large continues in the pages after it.
  const overflow = data.readUInt32LE(start + 12);
  return data.subarray(start, start + (overflow + 1) * pageSize);
}

/** A small bucket is stored inline: its page follows its header. */
function bucketPage(tree: Tree, value: Buffer): Buffer {
  const root = Number(value.readBigUInt64LE(0));
  return root === 0 ? value.subarray(16) : pageAt(tree, root);
}

function* leavesOf(tree: Tree, page: Buffer, depth = 0): Generator<Leaf> {
  const kind = page.readUInt16LE(8);
  const count = page.readUInt16LE(10);
  if (depth > 64) throw new Error("the snapshot is damaged: its pages form a cycle");
  for (let i = 0; i < count; i++) {
    const at = pageHeader + i * 16;
    if (kind === flags.branch) yield* leavesOf(tree, pageAt(tree, Number(page.readBigUInt64LE(at + 8))), depth + 1);
    else if (kind === flags.leaf) {
      const start = at + page.readUInt32LE(at + 4);
      const end = start + page.readUInt32LE(at + 8);
      yield { key: page.subarray(start, end), value: page.subarray(end, end + page.readUInt32LE(at + 12)) };
    } else throw new Error(`the snapshot is damaged: a page of type ${kind}`);
  }
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

/** CRC-32C: the reflected Castagnoli polynomial. */
const crcTable = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function crc32c(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc;
}
