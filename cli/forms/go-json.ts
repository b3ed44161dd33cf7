// JSON of etcd's messages as Go's `encoding/json` writes it, which is what `etcdctl -w json` prints: fields in the order of
// their declaration, without empty ones; 64-bit integers as JSON numbers, bytes in base64, enums as numbers.

/** The part of a message descriptor of `fetcd/proto` that is used here. */
export interface Described {
  readonly fields: readonly DescribedField[];
}
interface DescribedField {
  readonly name: string;
  readonly localName: string;
  readonly oneof?: { readonly name: string; readonly localName: string } | undefined;
  readonly message?: Described | undefined;
}

type Message = Readonly<Record<string, unknown>>;

export function goJson(described: Described, message: Message): string {
  const parts: string[] = [];
  const oneofs = new Set<string>();
  for (const { name, localName, oneof, message: inner } of described.fields) {
    if (oneof !== undefined) {
      if (oneofs.has(oneof.name)) continue;
      oneofs.add(oneof.name);
      const text = oneofJson(described, message[oneof.localName], oneof.name);
      if (text !== undefined) parts.push(`${goString(goName(oneof.name))}:${text}`);
    } else {
      const value = message[localName];
      if (!isEmpty(value)) parts.push(`${goString(name)}:${valueJson(value, inner)}`);
    }
  }
  return `{${parts.join(",")}}`;
}

/** JSON of a struct with all its fields, in the given order. */
export function goObject(fields: readonly (readonly [name: string, value: unknown])[]): string {
  return `{${fields.map(([name, value]) => `${goString(name)}:${valueJson(value)}`).join(",")}}`;
}

/** Text that is already JSON. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function oneofJson(described: Described, given: unknown, name: string): string | undefined {
  if (!isCase(given) || given.case === undefined) return undefined;
  const field = described.fields.find((each) => each.oneof?.name === name && each.localName === given.case);
  if (field === undefined) return undefined;
  return `{${goString(field.name)}:${valueJson(given.value, field.message)}}`;
}

function isCase(given: unknown): given is { readonly case: string | undefined; readonly value: unknown } {
  return typeof given === "object" && given !== null && "case" in given;
}

function valueJson(value: unknown, inner?: Described): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "bigint" || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return goString(value);
  if (value instanceof Raw) return value.text;
  if (ArrayBuffer.isView(value)) {
    return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}"`;
  }
  if (Array.isArray(value)) return `[${value.map((each: unknown) => valueJson(each, inner)).join(",")}]`;
  return inner === undefined ? "{}" : goJson(inner, value as Message);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === 0n || value === false) {
    return true;
  }
  if (Array.isArray(value)) return value.length === 0;
  return ArrayBuffer.isView(value) && value.byteLength === 0;
}

/** A field name as Go exports it: `response` becomes `Response`. */
function goName(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
