import { parseJson, TooManyObjects } from "../transport/codec/parse-json.ts";
import { isRecord } from "../transport/platform.ts";

// etcd's indexes are 64-bit numbers in JSON, which JSON.parse would round. Inside of a JSON string every quote has a
// backslash before it, so this finds only names.
const longNumber = /"(\w*[iI]ndex)":\s*(\d{16,})/g;

export type JsonFields = Readonly<Record<string, unknown>>;

/**
 * The object in an answer; `undefined` for any other JSON. Indexes that a number cannot hold come as text. Throws
 * `TooManyObjects` for more than `maxBytes` of text should hold.
 */
export function parseFields(text: string, maxBytes?: number): JsonFields | undefined {
  try {
    const value = parseJson(text.replace(longNumber, '"$1":"$2"'), maxBytes);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof TooManyObjects) throw error;
    return undefined;
  }
}

/** A whole number of JSON, a header or an argument as bigint; `undefined` for anything else. */
export function toIndex(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value >= 0n ? value : undefined;
  if (typeof value === "string") return /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}
