import { sha256 } from "@noble/hashes/sha2.js";
import { KeyValueSchema } from "../gen/mvccpb/kv_pb.ts";
import { encodeMessage } from "../transport/codec.ts";
import type { Store } from "./store.ts";

const utf8 = new TextEncoder();

/**
 * All that is kept, one version of a key a line, as JSON, and after that the SHA-256 of it, as etcd ends its own. A real
 * server cannot be started from it.
 */
export function* snapshotPieces(store: Store, pieceBytes: number): Generator<{ blob: Uint8Array; remainingBytes: bigint }> {
  const lines = [`{"revision":"${store.revision}"}\n`];
  for (const kv of store.versions(store.revision)) lines.push(`${encodeMessage(KeyValueSchema, kv)}\n`);
  const body = utf8.encode(lines.join(""));
  for (let at = 0; at < body.length; at += pieceBytes) {
    const blob = body.subarray(at, at + pieceBytes);
    yield { blob, remainingBytes: BigInt(body.length - at - blob.length) };
  }
  yield { blob: sha256(body), remainingBytes: 0n };
}
