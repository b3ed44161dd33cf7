import { type DescField, type DescMessage, type MessageShape, ScalarType } from "@bufbuild/protobuf";
import { decodeMessage } from "../transport/codec.ts";
import type { Dialect } from "./dialect.ts";
import { splitObjects } from "./json-sequence.ts";
import { code, RpcError } from "./rpc-error.ts";

/** The first message of a stream could not be read. Gateways answer that in ways of their own. */
export class BadFirstMessage extends RpcError {}

/** The one message in `body`; an empty body is an empty message. Throws `RpcError`. */
export function readMessage<D extends DescMessage>(desc: D, body: string, dialect: Dialect): MessageShape<D> {
  return decode(desc, body === "" ? {} : parse(body, dialect), dialect);
}

/** The messages in `body`, up to the first that cannot be read. Throws `BadFirstMessage`. */
export function readMessages<D extends DescMessage>(desc: D, body: string, dialect: Dialect): MessageShape<D>[] {
  const messages: MessageShape<D>[] = [];
  for (const text of splitObjects(body)) {
    try {
      messages.push(decode(desc, parse(text, dialect), dialect));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (messages.length === 0) throw new BadFirstMessage(code.unknown, error.message);
      break;
    }
  }
  return messages;
}

function parse(text: string, dialect: Dialect): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("unexpected end or character in the JSON");
  }
  if (dialect === "gateway1") checkNumbers(text);
  return json;
}

/** Strings of JSON, to step over them, and numbers. */
const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** The old gateway takes integers that are written as such and no other numbers: 1e3 is none. */
function checkNumbers(text: string): void {
  for (const [token] of text.matchAll(stringsAndNumbers)) {
    if (token.startsWith('"') || /^-?\d+$/.test(token)) continue;
    throw new RpcError(code.invalidArgument, `json: cannot unmarshal number ${token} into Go value of type int64`);
  }
}

function decode<D extends DescMessage>(desc: D, json: unknown, dialect: Dialect): MessageShape<D> {
  const checked = canonical(desc, json, dialect);
  try {
    return decodeMessage(desc, checked);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

const invalid = (message: string): RpcError => new RpcError(code.invalidArgument, `proto: ${message}`);

/** The message with what the dialect takes besides the usual form brought into that, and without what nobody knows. */
function canonical(desc: DescMessage, json: unknown, dialect: Dialect): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw invalid(`${desc.name}: not an object`);
  const object: Readonly<Record<string, unknown>> = { ...json };
  const message: Record<string, unknown> = {};
  const chosen = new Set<unknown>();
  for (const field of desc.fields) {
    const value = object[field.name] ?? object[field.jsonName];
    if (value === undefined || value === null) continue;
    if (field.oneof !== undefined) {
      // The old gateway takes one of them, in silence.
      if (chosen.has(field.oneof) && dialect === "gateway1") continue;
      if (chosen.has(field.oneof)) throw invalid(`${desc.name}: oneof ${field.oneof.name} is already set`);
      chosen.add(field.oneof);
    }
    const one = (each: unknown): unknown => canonicalValue(field, each, dialect);
    message[field.name] = field.fieldKind === "list" && Array.isArray(value) ? value.map(one) : one(value);
  }
  return message;
}

function canonicalValue(field: DescField, value: unknown, dialect: Dialect): unknown {
  if (field.message !== undefined) return canonical(field.message, value, dialect);
  if (field.enum !== undefined && typeof value === "string" && dialect === "gateway1") {
    if (field.enum.values.some(({ name }) => name === value)) return value;
    throw invalid(`unknown value "${value}" for enum ${field.enum.typeName}`);
  }
  if (field.scalar === ScalarType.BYTES && typeof value === "string" && dialect === "gateway2") return padded(value);
  return value;
}

/** The new gateway takes the URL-safe alphabet, and base64 without its padding. */
function padded(base64: string): string {
  const standard = /[-_]/.test(base64) ? base64.replaceAll("-", "+").replaceAll("_", "/") : base64;
  return standard.length % 4 === 0 ? standard : standard + "=".repeat(4 - (standard.length % 4));
}
