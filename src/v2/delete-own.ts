import { CompareFailed, KeyNotFound } from "./code-errors.ts";
import type { CallOptions } from "./client-options.ts";
import type { Comparison, WritesV2 } from "./writes.ts";

/** Only where this is the value; etcd compares with no empty one. */
export function whileOwn(value: string): Comparison {
  return value === "" ? {} : { prevValue: value };
}

/** Deletes a key unless it is gone, or its value is another's by now. Whether it did. */
export async function deleteOwn(keys: WritesV2, key: string, value: string, options?: CallOptions): Promise<boolean> {
  try {
    await keys.delete(key, { ...options, ...whileOwn(value) });
    return true;
  } catch (error) {
    if (error instanceof KeyNotFound || error instanceof CompareFailed) return false;
    throw error;
  }
}
