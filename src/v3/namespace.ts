import { malformedResponse } from "../transport/errors/etcd-error.ts";
import { concatBytes, keyBytes, type KeyRange, noBytes, prefixEnd, rangeOf, startsWith, zeroByte } from "./keys.ts";

/**
 * The part of the keyspace that a client sees: its prefix goes before every key that is sent and comes off every key
 * that is received. All keys of all services pass through here, so that nothing can leave it.
 */
export interface Keyspace {
  readonly prefix: Uint8Array;
  key(key: unknown, option?: string): Uint8Array;
  range(selector: unknown, option?: string): KeyRange;
  /** Places a range of this view into the whole keyspace. */
  place(range: KeyRange): KeyRange;
  /** The key as this view names it. Throws for a key outside of it. */
  strip(key: Uint8Array): Uint8Array;
  holds(key: Uint8Array): boolean;
  /** A narrower view. */
  within(prefix: unknown): Keyspace;
}

export function createKeyspace(prefix: Uint8Array = noBytes): Keyspace {
  const end = prefixEnd(prefix);
  const whole = prefix.length === 0;

  function place({ key, rangeEnd }: KeyRange): KeyRange {
    if (whole) return { key, rangeEnd };
    if (rangeEnd.length === 0) return { key: concatBytes(prefix, key), rangeEnd };
    const open = rangeEnd.length === 1 && rangeEnd[0] === zeroByte[0];
    return { key: concatBytes(prefix, key), rangeEnd: open ? end : concatBytes(prefix, rangeEnd) };
  }

  return {
    prefix,
    place,
    key: (key, option) => (whole ? keyBytes(key, option) : concatBytes(prefix, keyBytes(key, option))),
    range: (selector, option) => place(rangeOf(selector, option)),
    strip(key) {
      if (whole) return key;
      if (startsWith(key, prefix)) return key.subarray(prefix.length);
      throw malformedResponse("the answer has a key outside of the namespace");
    },
    holds: (key) => whole || (key.length > prefix.length && startsWith(key, prefix)),
    within: (inner) => createKeyspace(concatBytes(prefix, keyBytes(inner, "namespace"))),
  };
}
