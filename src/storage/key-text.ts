import type { Entry } from "../v3/kv/entry.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The key as text; `undefined` where it is not UTF-8, so that no item can have that name. */
export function keyTextOf({ keyBytes }: Pick<Entry, "keyBytes">): string | undefined {
  return utf8Text(keyBytes);
}

/** `undefined` for what is not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
