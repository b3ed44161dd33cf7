import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { notApplied } from "../../transport/errors/etcd-error.ts";
import { compareBytes } from "../keys.ts";

/** What the answer about one key found. Throws `MalformedResponse` where it is about another one. */
export function foundAt(key: Uint8Array, kvs: readonly KeyValue[]): KeyValue | undefined {
  const [found] = kvs;
  if (found === undefined) return undefined;
  if (kvs.length === 1 && compareBytes(found.key, key) === 0) return found;
  const what = kvs.length === 1 ? "is for another key" : `has ${kvs.length} entries`;
  throw notApplied(`the answer to a read of one key ${what}`, "MalformedResponse");
}
