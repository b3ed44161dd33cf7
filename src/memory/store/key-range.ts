import { toBinary } from "./comparators.ts";

/** One key, or the keys from `start` up to `end`, exclusive; `end` is `undefined` when there is no upper bound. */
export interface KeySpan {
  readonly start: string;
  /** Just the key `start`. */
  readonly single: boolean;
  readonly end: string | undefined;
}

/** `key` and `range_end` as etcd reads them: no end is one key, an end of one zero byte is not an upper bound. */
export function keyRange(key: Uint8Array, rangeEnd: Uint8Array): KeySpan {
  const start = toBinary(key);
  if (rangeEnd.length === 0) return { start, single: true, end: undefined };
  const open = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return { start, single: false, end: open ? undefined : toBinary(rangeEnd) };
}

export function includes({ start, single, end }: KeySpan, key: string): boolean {
  return single ? key === start : key >= start && (end === undefined || key < end);
}

/** Whether no key can be in the range. */
export function isEmptySpan({ start, end }: KeySpan): boolean {
  return end !== undefined && start >= end;
}

/** Every key that starts with `prefix`. */
export function prefixRange(prefix: string): KeySpan {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i);
    if (code < 0xff) {
      return { start: prefix, single: false, end: prefix.slice(0, i) + String.fromCharCode(code + 1) };
    }
  }
  return { start: prefix, single: false, end: undefined };
}
