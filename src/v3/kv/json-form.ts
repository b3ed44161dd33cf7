import { encodeBase64 } from "../../transport/codec/base64.ts";

/**
 * The answer of a call, with a `toJSON` out of sight, so that `Response.json(answer)` works: JSON has no bigint. It is
 * compared, copied and listed by its data alone.
 */
export function answer<T extends object>(data: T): T {
  return Object.defineProperty(data, "toJSON", { value: (): unknown => plain(data), configurable: true });
}

/** The own properties, with decimal strings for bigint. Entries and answers below have a `toJSON` of their own. */
export function plain(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]),
  );
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as a field of JSON: `name` where they are text, `nameBase64` where they are not. */
export function bytesField(name: string, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: strict.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: encodeBase64(bytes) };
  }
}
