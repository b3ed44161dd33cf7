import { toBinary } from "../transport/bytes.ts";
import { isBytes } from "../transport/platform.ts";
import { unexpected } from "../transport/errors/etcd-error.ts";
import type { Key, Selector } from "../v3/keys.ts";

/** A key as a string with one character for each byte: those compare as etcd compares keys. */
export type KeyId = string;

const utf8 = new TextEncoder();

export function keyId(key: Key): KeyId {
  // ASCII is its own id.
  // oxlint-disable-next-line no-control-regex
  if (typeof key === "string" && /^[\x00-\x7f]*$/.test(key)) return key;
  if (typeof key !== "string" && !isBytes(key)) {
    throw unexpected("key", "a string or Uint8Array", key);
  }
  return toBinary(typeof key === "string" ? utf8.encode(key) : key);
}

/** The keys of entries. */
export function idsOf(entries: readonly { readonly keyBytes: Uint8Array }[] = []): Set<KeyId> {
  return new Set(entries.map(({ keyBytes }) => keyId(keyBytes)));
}

/** Those of `ids` that are not in `others`. */
export function without(ids: Iterable<KeyId>, others: ReadonlySet<KeyId>): KeyId[] {
  return [...ids].filter((id) => !others.has(id));
}

/** Whether a selector is about a key. The server's own reading of the selector has checked it before. */
export function selects(selector: Selector): (id: KeyId) => boolean {
  if (typeof selector === "string" || isBytes(selector)) {
    const only = keyId(selector);
    return (id) => id === only;
  }
  if (selector.prefix !== undefined) {
    const prefix = keyId(selector.prefix);
    return (id) => id.startsWith(prefix);
  }
  if (selector.from !== undefined) {
    const from = keyId(selector.from);
    const to = selector.to === undefined ? undefined : keyId(selector.to);
    return (id) => id >= from && (to === undefined || id < to);
  }
  return () => true;
}
