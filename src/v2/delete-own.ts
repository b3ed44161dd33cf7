import { CompareFailed, KeyNotFound } from "./code-errors.ts";
import type { CallOptions } from "./options.ts";
import type { WritesV2 } from "./writes.ts";

/** Deletes a key unless it is gone, or its value is another's by now. Whether it did. */
export async function deleteOwn(keys: WritesV2, key: string, value: string, options?: CallOptions): Promise<boolean> {
  try {
    // etcd compares with no empty value.
    await keys.delete(key, { ...options, ...(value !== "" && { prevValue: value }) });
    return true;
  } catch (error) {
    if (error instanceof KeyNotFound || error instanceof CompareFailed) return false;
    throw error;
  }
}
