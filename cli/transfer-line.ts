import { bytesField, toJson } from "./output.ts";

export interface TransferRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Formats a line of an export: `{"key":…,"value":…}`, with `keyBase64` and `valueBase64` for bytes that are not text. */
export function transferLine({ key, value }: TransferRecord): string {
  return toJson({ ...bytesField("key", key), ...bytesField("value", value) });
}

/** Parses such a line, and ignores unknown fields. Throws an `Error` that says what is wrong. */
export function readTransferLine(line: Uint8Array): TransferRecord {
  let text: string;
  try {
    text = utf8.decode(line);
  } catch {
    throw new Error("not UTF-8");
  }
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    throw new Error("not JSON");
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new Error("not a JSON object");
  const key = bytesOf(new Map(Object.entries(fields)), "key");
  if (key.length === 0) throw new Error("an empty key");
  return { key, value: bytesOf(new Map(Object.entries(fields)), "value") };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function bytesOf(fields: ReadonlyMap<string, unknown>, name: string): Uint8Array {
  const [text, base64] = [fields.get(name), fields.get(`${name}Base64`)];
  if ((text === undefined) === (base64 === undefined)) throw new Error(`expected one of ${name} and ${name}Base64`);
  if (typeof text === "string") {
    if (/\p{Surrogate}/u.test(text)) throw new Error(`${name} is not well-formed Unicode (a lone surrogate)`);
    return new TextEncoder().encode(text);
  }
  if (base64 === undefined) throw new Error(`${name} is not a string`);
  const bytes = typeof base64 === "string" ? Buffer.from(base64, "base64") : undefined;
  // Node ignores invalid characters in base64, so the result is encoded again and compared.
  if (bytes?.toString("base64") !== base64) throw new Error(`${name}Base64 is not base64`);
  return new Uint8Array(bytes ?? []);
}
