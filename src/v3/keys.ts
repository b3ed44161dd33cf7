import { compareBytes, noBytes, utf8Text } from "../transport/bytes.ts";
import { isBytes } from "../transport/platform.ts";
import { loneSurrogate } from "../transport/codec/lone-surrogate.ts";
import { type EtcdError, invalidArgument, notApplied, unexpected } from "../transport/errors/etcd-error.ts";

export { compareBytes, noBytes } from "../transport/bytes.ts";

/** A key or value: text travels as UTF-8. */
export type Key = string | Uint8Array;
/** What a key holds: text travels as UTF-8. */
export type Value = string | Uint8Array;

/**
 * Which keys a call is about: one key, all that start with a prefix, all from a key on (`to` exclusive), or every key.
 * The whole keyspace has to be asked for by name: an empty key or prefix is refused, since it is mostly a variable that
 * was not set.
 */
export type Selector =
  | Key
  | {
      /** All keys that begin with this. */
      readonly prefix: Key;
      readonly from?: never;
      readonly to?: never;
      readonly all?: never;
    }
  | {
      /** The first key, inclusive. */
      readonly from: Key;
      /** The end, exclusive. @default the last key there is */
      readonly to?: Key;
      readonly prefix?: never;
      readonly all?: never;
    }
  | {
      /** Every key of the client's namespace. */
      readonly all: true;
      readonly prefix?: never;
      readonly from?: never;
      readonly to?: never;
    };

/** etcd's form of a selector: `rangeEnd` is empty for a single key, and `\0` for all keys from `key` on. */
export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

const utf8 = new TextEncoder();

/** The single byte that etcd reads as "no end", and the smallest key. */
export const zeroByte: Uint8Array = new Uint8Array(1);

/** UTF-8 bytes of `text`. Throws for a lone surrogate, which would arrive as another character. */
export function encodeText(text: string, option: string): Uint8Array {
  if (loneSurrogate.test(text)) throw invalidArgument(`${option}: not well-formed Unicode (a lone surrogate)`);
  return utf8.encode(text);
}

/** Strict: throws `InvalidValue` for bytes that are not UTF-8. */
export function decodeText(bytes: Uint8Array, what: string): string {
  const text = utf8Text(bytes);
  if (text !== undefined) return text;
  throw notText(`${what} is not UTF-8; its bytes are in ${what === "the key" ? "keyBytes" : "value"}`);
}

/** A failure to read bytes as text. */
export function notText(message: string): EtcdError {
  return notApplied(message, "InvalidValue");
}

/** A key for people: ASCII as it is, other bytes as `\xff`. */
export function escaped(key: Uint8Array): string {
  return Array.from(key, (byte) =>
    byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
}

/** Keys as text. Throws `InvalidValue`, which names it, for one that is not UTF-8: `elsewhere` says where its bytes are. */
export function keyTexts(keys: readonly Uint8Array[], elsewhere: string): string[] {
  return keys.map((key) => {
    const text = utf8Text(key);
    if (text !== undefined) return text;
    throw notText(`the key "${escaped(key)}" is not UTF-8; ${elsewhere}`);
  });
}

export function keyBytes(key: unknown, option = "key"): Uint8Array {
  const bytes = bytesOf(key, option);
  if (bytes.length > 0) return bytes;
  throw invalidArgument(`${option}: expected a key that is not empty; for the whole keyspace use { all: true }`);
}

export function valueBytes(value: unknown, option = "value"): Uint8Array {
  return bytesOf(value, option);
}

/** Copies the bytes, so that later changes by the caller cannot affect retries. */
function bytesOf(value: unknown, option: string): Uint8Array {
  if (typeof value === "string") return encodeText(value, option);
  if (isBytes(value)) return new Uint8Array(value);
  throw unexpected(option, "a string or Uint8Array", value);
}

const selectorForms = "a key, { prefix }, { from, to? } or { all: true }";

/** The range that a selector stands for. Throws `InvalidArgument` for anything else. */
export function rangeOf(selector: unknown, option = "selector"): KeyRange {
  if (typeof selector === "string" || isBytes(selector)) {
    return { key: keyBytes(selector, option), rangeEnd: noBytes };
  }
  if (typeof selector !== "object" || selector === null) {
    throw unexpected(option, selectorForms, selector);
  }
  const form = Object.entries(selector).filter(([, value]) => value !== undefined);
  const { prefix, from, to, all } = Object.fromEntries(form);
  const names = form
    .map(([name]) => name)
    .sort()
    .join();
  if (names === "prefix") {
    const key = keyBytes(prefix, `${option}.prefix`);
    return { key, rangeEnd: prefixEnd(key) };
  }
  if (names === "from") return { key: keyBytes(from, `${option}.from`), rangeEnd: zeroByte };
  if (names === "from,to") {
    const range = { key: keyBytes(from, `${option}.from`), rangeEnd: keyBytes(to, `${option}.to`) };
    if (compareBytes(range.key, range.rangeEnd) < 0) return range;
    throw invalidArgument(`${option}: expected to after from`);
  }
  if (names === "all" && all === true) return { key: zeroByte, rangeEnd: zeroByte };
  throw invalidArgument(`${option}: expected ${selectorForms}, got { ${names} }`);
}

/** The first key after all that start with `prefix`; "no end" if there is none, as after `0xff 0xff`. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] ?? 0;
    if (byte === 0xff) continue;
    const end = prefix.slice(0, i + 1);
    end[i] = byte + 1;
    return end;
  }
  return zeroByte;
}

export function concatBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

/** The smallest key after `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  return concatBytes(key, zeroByte);
}

/** Whether there can be a key in both. */
export function rangesOverlap(a: KeyRange, b: KeyRange): boolean {
  return startsBefore(a, b) && startsBefore(b, a);
}

/** Whether `a` begins before `b` ends. */
function startsBefore(a: KeyRange, b: KeyRange): boolean {
  if (b.rangeEnd.length === 0) return compareBytes(a.key, b.key) <= 0;
  const open = b.rangeEnd.length === 1 && b.rangeEnd[0] === 0;
  return open || compareBytes(a.key, b.rangeEnd) < 0;
}
