import { sha256 } from "@noble/hashes/sha2.js";
import { KeyValueSchema } from "../../gateway-server/served-services.ts";
import { encodeMessage } from "../../transport/codec/codec.ts";
import type { Store } from "./store.ts";

const utf8 = new TextEncoder();

/** Where the first page of a bolt database, which etcd's snapshots are, has its magic number: tools look for it there. */
const magic = { offset: 16, value: 0xed0cdaed } as const;
const page = 4096;

interface Piece {
  readonly blob: Uint8Array;
  /** Bytes of the database after this piece. */
  readonly remainingBytes: bigint;
}

/**
 * All that is kept, and after that the SHA-256 of it, as etcd ends its own. The first page passes for one of etcd's
 * databases; then comes one version of a key a line, as JSON, up to a whole number of pages. No server can be started
 * from it.
 */
export function* snapshotPieces(store: Store, pieceBytes: number): Generator<Piece> {
  const lines = [`{"revision":"${store.revision}"}\n`];
  for (const kv of store.versions(store.revision)) lines.push(`${encodeMessage(KeyValueSchema, kv)}\n`);
  const text = utf8.encode(lines.join(""));
  const body = new Uint8Array(page + Math.ceil(text.length / page) * page);
  new DataView(body.buffer).setUint32(magic.offset, magic.value, true);
  body.set(text, page);
  for (let at = 0; at < body.length; at += pieceBytes) {
    const blob = body.subarray(at, at + pieceBytes);
    yield { blob, remainingBytes: BigInt(body.length - at - blob.length) };
  }
  yield { blob: sha256(body), remainingBytes: 0n };
}
