import { invalidArgument } from "../transport/errors.ts";
import type { Key, Selector } from "../v3/keys.ts";

const utf8 = new TextEncoder();

export function bytesOf(key: Key): Uint8Array {
  return typeof key === "string" ? utf8.encode(key) : key;
}

/** A key as a text with a character for each byte: equal and in order where the keys are. */
export function keyId(key: Key): string {
  let id = "";
  for (const byte of bytesOf(key)) id += String.fromCharCode(byte);
  return id;
}

export function checkKey(key: unknown): Key {
  if ((typeof key === "string" || key instanceof Uint8Array) && key.length > 0) return key;
  throw invalidArgument("key: expected a string or Uint8Array that is not empty");
}

/** Whether a selector is about a key. The server's own reading of the selector has checked it before. */
export function selects(selector: Selector): (id: string) => boolean {
  if (typeof selector === "string" || selector instanceof Uint8Array) {
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
