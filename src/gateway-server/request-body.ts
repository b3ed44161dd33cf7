import { isError } from "../transport/platform.ts";
import type { DescField, DescMessage, MessageShape } from "@bufbuild/protobuf";
import { decodeMessage, maxMessageDepth } from "../transport/codec/codec.ts";
import { ScalarType } from "../transport/codec/scalar-type.ts";
import type { Dialect } from "./dialect.ts";
import { splitObjects } from "./json-sequence.ts";
import { code, RpcError } from "./rpc-error.ts";

/** The first message of a stream could not be read. Gateways answer that in ways of their own. */
export class BadFirstMessage extends RpcError {
  /** Whether the stream takes many messages, or this one alone. */
  readonly ofMany: boolean;

  constructor(status: number, message: string, { ofMany }: Pick<BadFirstMessage, "ofMany">) {
    super(status, message);
    this.ofMany = ofMany;
  }
}

/** The first message in `body`, whatever comes after it; an empty body is an empty message. Throws `RpcError`. */
export function readMessage<D extends DescMessage>(desc: D, body: string, dialect: Dialect): MessageShape<D> {
  const json = body.trim() === "" ? {} : parseFirst(body, dialect);
  return decode(desc, json === null && dialect === "gateway1" ? {} : json, dialect);
}

/** The message that opens a stream in one direction. Throws `BadFirstMessage`. */
export function readOnlyMessage<D extends DescMessage>(desc: D, body: string, dialect: Dialect): MessageShape<D> {
  try {
    return readMessage(desc, body, dialect);
  } catch (error) {
    throw error instanceof RpcError ? new BadFirstMessage(error.code, error.message, { ofMany: false }) : error;
  }
}

/** The messages in `body`, up to the first that cannot be read. Throws `BadFirstMessage`. */
export function readRequestMessages<D extends DescMessage>(desc: D, body: string, dialect: Dialect): MessageShape<D>[] {
  const messages: MessageShape<D>[] = [];
  for (const text of splitObjects(body)) {
    try {
      messages.push(decode(desc, parse(text, dialect), dialect));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (messages.length === 0) throw new BadFirstMessage(code.unknown, error.message, { ofMany: true });
      break;
    }
  }
  return messages;
}

function parseFirst(text: string, dialect: Dialect): unknown {
  try {
    return parse(text, dialect);
  } catch (error) {
    // Seldom is there something behind the message, and then it is another object.
    const [first = ""] = splitObjects(text);
    if (first.length === text.trim().length) throw error;
    return parse(first, dialect);
  }
}

function parse(text: string, dialect: Dialect): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("unexpected end or character in the JSON");
  }
  // Only now: on what is not JSON, stepping over strings could take the square of its length.
  if (dialect === "gateway1") checkNumbers(text);
  return /\d{16}/.test(text) ? JSON.parse(text.replaceAll(stringsAndNumbers, exact)) : json;
}

/** Numbers of so many digits as text: a number here does not hold them, and messages may have either. */
function exact(token: string): string {
  return /^-?\d{16,}$/.test(token) ? `"${token}"` : token;
}

/** Strings of JSON, to step over them, and numbers. */
const stringsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** The old gateway takes integers that are written as such and no other numbers: 1e3 is refused. */
function checkNumbers(text: string): void {
  for (const [token] of text.matchAll(stringsAndNumbers)) {
    if (token.startsWith('"') || /^-?\d+$/.test(token)) continue;
    throw new RpcError(code.invalidArgument, `json: cannot unmarshal number ${token} into Go value of type int64`);
  }
}

function decode<D extends DescMessage>(desc: D, json: unknown, dialect: Dialect): MessageShape<D> {
  const checked = canonical(desc, json, dialect, 0);
  try {
    return decodeMessage(desc, checked);
  } catch (error) {
    throw invalid(isError(error) ? error.message : String(error));
  }
}

const invalid = (message: string): RpcError => new RpcError(code.invalidArgument, `proto: ${message}`);

/** The message with what the dialect takes besides the usual form brought into that, and without what nobody knows. */
function canonical(desc: DescMessage, json: unknown, dialect: Dialect, depth: number): Record<string, unknown> {
  if (depth > maxMessageDepth) throw invalid(`${desc.name}: nested more than ${maxMessageDepth} levels deep`);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw invalid(`${desc.name}: not an object`);
  const object: Readonly<Record<string, unknown>> = { ...json };
  const message: Record<string, unknown> = {};
  const chosen = new Set<unknown>();
  for (const field of desc.fields) {
    const value = valueOf(object, field, dialect);
    if (value === undefined || value === null) continue;
    if (field.oneof !== undefined) {
      // The old gateway takes one of them, in silence.
      if (chosen.has(field.oneof) && dialect === "gateway1") continue;
      if (chosen.has(field.oneof)) throw invalid(`${desc.name}: oneof ${field.oneof.name} is already set`);
      chosen.add(field.oneof);
    }
    const one = (each: unknown): unknown => canonicalValue(field, each, dialect, depth + 1);
    // The new gateway leaves names of enum values that it does not know out of lists.
    const counts = (each: unknown): boolean => dialect === "gateway1" || !isUnknownName(field, each);
    const all = field.fieldKind === "list" && Array.isArray(value) ? value.filter(counts).map(one) : one(value);
    message[field.name] = all;
  }
  return message;
}

/** By either of its names. The old gateway prefers the camelCase one, the new one refuses both together. */
function valueOf(object: Readonly<Record<string, unknown>>, { name, jsonName }: DescField, dialect: Dialect): unknown {
  const both = name !== jsonName && object[name] !== undefined && object[jsonName] !== undefined;
  if (both && dialect === "gateway2") throw invalid(`duplicate field "${name}"`);
  return object[jsonName] ?? object[name];
}

function isUnknownName(field: DescField, value: unknown): boolean {
  return typeof value === "string" && field.enum?.values.every(({ name }) => name !== value) === true;
}

function canonicalValue(field: DescField, value: unknown, dialect: Dialect, depth: number): unknown {
  if (field.message !== undefined) return canonical(field.message, value, dialect, depth);
  if (dialect === "gateway1" && isUnknownName(field, value))
    throw invalid(`unknown value "${String(value)}" for enum ${field.enum?.typeName}`);
  if (field.scalar === ScalarType.BYTES && typeof value === "string" && dialect === "gateway2") return padded(value);
  return value;
}

/** The new gateway takes the URL-safe alphabet, and base64 without its padding. */
function padded(base64: string): string {
  const standard = /[-_]/.test(base64) ? base64.replaceAll("-", "+").replaceAll("_", "/") : base64;
  return standard.length % 4 === 0 ? standard : standard + "=".repeat(4 - (standard.length % 4));
}
