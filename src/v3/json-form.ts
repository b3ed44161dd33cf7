import { encodeBase64 } from "../transport/codec/base64.ts";
import { isBytes, isObject } from "../transport/platform.ts";
import { decodeText } from "./keys.ts";

/**
 * The answer of a call, with a `toJSON` out of sight, so that `Response.json(answer)` works: JSON has no bigint. It is
 * compared, copied and listed by its data alone.
 */
export function withJson<T extends object>(data: T): T {
  return Object.defineProperty(data, "toJSON", jsonForm);
}

const jsonForm: PropertyDescriptor = {
  value(this: object): unknown {
    return Array.isArray(this) ? plain(this, encodeBase64) : plainFields(this);
  },
  configurable: true,
};

/**
 * The own properties, with decimal strings for bigint, and bytes as text where all of that field are, and otherwise as
 * base64 under a name that ends so.
 */
export function plainFields(data: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => field(name, value)));
}

function field(name: string, value: unknown): [name: string, value: unknown] {
  try {
    return [name, plain(value, (bytes) => decodeText(bytes, name))];
  } catch {
    return [`${name}Base64`, plain(value, encodeBase64)];
  }
}

function plain(value: unknown, ofBytes: (bytes: Uint8Array) => string): unknown {
  if (typeof value === "bigint") return String(value);
  if (isBytes(value)) return ofBytes(value);
  if (Array.isArray(value)) return value.map((each) => plain(each, ofBytes));
  // Entries, and answers within an answer, have a form of their own.
  return isObject(value) && !("toJSON" in value) ? plainFields(value) : value;
}
