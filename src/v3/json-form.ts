import { encodeBase64 } from "../transport/codec/base64.ts";
import { isBytes } from "../transport/platform.ts";

/**
 * The answer of a call, with a `toJSON` out of sight, so that `Response.json(answer)` works: JSON has no bigint. It is
 * compared, copied and listed by its data alone.
 */
export function withJson<T extends object>(data: T): T {
  return Object.defineProperty(data, "toJSON", {
    value: (): unknown => (Array.isArray(data) ? data.map(plain) : plainFields(data)),
    configurable: true,
  });
}

/**
 * The own properties, with decimal strings for bigint, and bytes as text where all of that field are, and otherwise as
 * base64 under a name that ends so.
 */
export function plainFields(data: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => field(name, value)));
}

function field(name: string, value: unknown): [name: string, value: unknown] {
  if (isBytes(value)) return textField(name, [value], ([one]) => one);
  if (Array.isArray(value) && value.length > 0 && value.every(isBytes)) return textField(name, value, (all) => all);
  return [name, plain(value)];
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  // Entries, and answers within an answer, have a form of their own.
  return typeof value === "object" && value !== null && !("toJSON" in value) ? plainFields(value) : value;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textField(
  name: string,
  all: readonly Uint8Array[],
  shape: (texts: readonly string[]) => unknown,
): [string, unknown] {
  try {
    return [name, shape(all.map((bytes) => strict.decode(bytes)))];
  } catch {
    return [`${name}Base64`, shape(all.map(encodeBase64))];
  }
}
