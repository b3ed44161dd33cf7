import { utf8Text } from "../transport/bytes.ts";
import type { Entry } from "../v3/kv/entry.ts";

/** The key as text; `undefined` where it is not UTF-8, so that no item can have that name. */
export function keyTextOf({ keyBytes }: Pick<Entry, "keyBytes">): string | undefined {
  return utf8Text(keyBytes);
}
