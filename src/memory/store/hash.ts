import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";

const utf8 = /* @__PURE__ */ new TextEncoder();

/** FNV-1a over keys, values and revisions: not etcd's own hash, but equal where the data is. */
export function hashOf(versions: Iterable<KeyValue>): number {
  let hash = 0x811c9dc5;
  const add = (bytes: Uint8Array): void => {
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (const { key, value, createRevision, modRevision, version, lease } of versions) {
    add(key);
    add(utf8.encode(" "));
    add(value);
    add(utf8.encode(` ${createRevision} ${modRevision} ${version} ${lease}\n`));
  }
  return hash >>> 0;
}
