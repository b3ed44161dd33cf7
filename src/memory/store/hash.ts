import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { toBinary } from "./comparators.ts";

/** FNV-1a over keys, values and revisions: not etcd's own hash, but equal where the data is. */
export function hashOf(versions: Iterable<KeyValue>): number {
  let hash = 0x811c9dc5;
  const add = (text: string): void => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  };
  for (const { key, value, createRevision, modRevision, version, lease } of versions) {
    add(`${toBinary(key)} ${toBinary(value)} ${createRevision} ${modRevision} ${version} ${lease}\n`);
  }
  return hash >>> 0;
}
