import { bytesField } from "./output.ts";

export interface Transferred {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A key and its value as a line of an export: `{"key":…,"value":…}`, with `…Base64` for what is not text. */
export function transferLine({ key, value }: Transferred): string {
  return JSON.stringify({ ...bytesField("key", key), ...bytesField("value", value) });
}

/** Reads such a line. Fields that are not known are passed over; throws an `Error` that says what is wrong. */
export function readTransferLine(line: string): Transferred {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    throw new Error("not JSON");
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new Error("not a JSON object");
  const key = bytesOf(new Map(Object.entries(fields)), "key");
  if (key.length === 0) throw new Error("an empty key");
  return { key, value: bytesOf(new Map(Object.entries(fields)), "value") };
}

function bytesOf(fields: ReadonlyMap<string, unknown>, name: string): Uint8Array {
  const [text, base64] = [fields.get(name), fields.get(`${name}Base64`)];
  if ((text === undefined) === (base64 === undefined)) throw new Error(`expected one of ${name} and ${name}Base64`);
  if (typeof text === "string") return new TextEncoder().encode(text);
  if (typeof base64 === "string" && /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(base64)) {
    return new Uint8Array(Buffer.from(base64, "base64"));
  }
  throw new Error(`${text === undefined ? `${name}Base64 is not base64` : `${name} is not a string`}`);
}
