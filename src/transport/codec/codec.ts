import { isBytes } from "../platform.ts";
import type { DescField, DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { ScalarType } from "./scalar-type.ts";
import { encodeBase64 } from "./base64.ts";
import { invalidArgument, unexpected } from "../errors/etcd-error.ts";
import { hotDecoders } from "./hot-messages.ts";
import { loneSurrogate } from "./lone-surrogate.ts";
import {
  jsonArray,
  jsonBool,
  jsonBytes,
  jsonInt32,
  jsonInt64,
  jsonObject,
  type JsonObject,
  jsonString,
  jsonUint64,
  UnexpectedJson,
} from "./json-scalars.ts";

// protobuf-es's own JSON functions would double the size of the bundle and the time of a large call, and its
// serializer takes an object apart that we only ever want as text. This one knows just what etcd's messages use.

/** How many messages may be within each other: keeps a hostile one from exhausting the stack. */
export const maxMessageDepth = 64;

type Encode = (value: unknown, path: string, depth: number) => string;
type Decode = (json: unknown, depth: number) => unknown;
type Fields = Record<string, unknown>;

export interface FieldCodec {
  readonly field: DescField;
  /** `"name":` as it stands in front of the value. */
  readonly prefix: string;
  readonly encode: Encode;
  readonly decode: Decode;
  /** The value of a field that is not set, made anew each time. A message field that is not set is absent. */
  readonly empty: () => unknown;
  readonly isEmpty: (value: unknown) => boolean;
}

const codecs = new WeakMap<DescMessage, readonly FieldCodec[]>();

export function fieldsOf(desc: DescMessage): readonly FieldCodec[] {
  let codec = codecs.get(desc);
  if (codec === undefined) {
    codec = desc.fields.map(fieldCodec);
    codecs.set(desc, codec);
  }
  return codec;
}

/**
 * The message as proto3 JSON with etcd's own field names. Accepts what protobuf-es's `create` accepts. Throws an
 * `EtcdError` (`InvalidArgument`) that names the field for a value outside its type: an enum number without a name
 * (current gateways would take it for the default), a float or out-of-range integer, a string with a lone surrogate.
 */
export function encodeMessage<D extends DescMessage>(desc: D, message: MessageInitShape<D>): string {
  return encodeFields(desc, message, desc.name, 0);
}

/** The message in `json`, as either gateway dialect writes it. Throws `UnexpectedJson` or `SyntaxError`. */
export function decodeMessage<D extends DescMessage>(desc: D, json: unknown): MessageShape<D> {
  return decodeFields(desc, json, 0) as MessageShape<D>;
}

function encodeFields(desc: DescMessage, message: object, path: string, depth: number): string {
  // The answer to a request as deep as that is a level deeper: steps are answered with headers.
  if (depth > maxMessageDepth + 1)
    throw invalidArgument(`${desc.name}: nested more than ${maxMessageDepth} levels deep`);
  let text = "{";
  for (const { field, prefix, encode, isEmpty } of fieldsOf(desc)) {
    const value = fieldValue(message as Fields, field);
    if (value === undefined || (field.oneof === undefined && isEmpty(value))) continue;
    text += (text === "{" ? "" : ",") + prefix + encode(value, `${path}.${field.localName}`, depth + 1);
  }
  return text + "}";
}

/** Own properties only: nothing that someone put on `Object.prototype` may travel. */
export function fieldValue(message: Fields, field: DescField): unknown {
  if (field.oneof === undefined) return Object.hasOwn(message, field.localName) ? message[field.localName] : undefined;
  if (!Object.hasOwn(message, field.oneof.localName)) return undefined;
  const union = message[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
  return union !== undefined && union.case === field.localName ? union.value : undefined;
}

function decodeFields(desc: DescMessage, json: unknown, depth: number): object {
  const hot = hotDecoders.get(desc.typeName);
  if (hot !== undefined) return hot(jsonObject(json), depth);
  if (depth > maxMessageDepth) throw new UnexpectedJson(`at most ${maxMessageDepth} levels`, json);
  const object = jsonObject(json);
  const message: Fields = { $typeName: desc.typeName };
  for (const oneof of desc.oneofs) message[oneof.localName] = { case: undefined };
  for (const { field, decode, empty } of fieldsOf(desc)) {
    const value = memberOf(object, field);
    const absent = value === undefined || value === null;
    if (field.oneof !== undefined) {
      if (!absent) message[field.oneof.localName] = { case: field.localName, value: decode(value, depth + 1) };
    } else if (!absent) {
      message[field.localName] = decode(value, depth + 1);
    } else if (field.fieldKind !== "message") {
      message[field.localName] = empty();
    }
  }
  return message;
}

function memberOf(object: JsonObject, field: DescField): unknown {
  return object[field.name] ?? object[field.jsonName];
}

type ValueCodec = Pick<FieldCodec, "encode" | "decode" | "empty" | "isEmpty">;

function fieldCodec(field: DescField): FieldCodec {
  const prefix = `${JSON.stringify(field.name)}:`;
  if (field.fieldKind !== "list") return { field, prefix, ...valueCodec(field) };
  const item = valueCodec(field);
  return {
    field,
    prefix,
    encode(value, path, depth) {
      if (!Array.isArray(value)) throw unexpected(path, "an array", value);
      return `[${value.map((each, index) => item.encode(each, `${path}[${index}]`, depth)).join(",")}]`;
    },
    decode: (json, depth) => jsonArray(json).map((each) => item.decode(each, depth)),
    empty: () => [],
    isEmpty: (value) => Array.isArray(value) && value.length === 0,
  };
}

function valueCodec(field: DescField): ValueCodec {
  if (field.message !== undefined) return messageCodec(field.message);
  if (field.enum !== undefined) {
    const names = new Map(field.enum.values.map((value) => [value.number, value.name]));
    const numbers = new Map(field.enum.values.map((value) => [value.name, value.number]));
    const typeName = field.enum.name;
    return {
      encode(value, path) {
        const name = typeof value === "number" ? names.get(value) : undefined;
        if (name === undefined) throw unexpected(path, `a ${typeName}`, value);
        return JSON.stringify(name);
      },
      // A name of a newer server counts as the default, as everywhere in proto3 JSON.
      decode: (json) => (typeof json === "string" ? (numbers.get(json) ?? 0) : jsonInt32(json)),
      empty: () => 0,
      isEmpty: (value) => value === 0,
    };
  }
  const codec = field.scalar === undefined ? undefined : scalarCodecs.get(field.scalar);
  if (codec === undefined) throw invalidArgument(`${field.parent.typeName}.${field.name}: no JSON codec for this type`);
  return codec;
}

function messageCodec(desc: DescMessage): ValueCodec {
  return {
    encode(value, path, depth) {
      if (typeof value !== "object" || value === null) throw unexpected(path, "an object", value);
      return encodeFields(desc, value, path, depth);
    },
    decode: (json, depth) => decodeFields(desc, json, depth),
    empty: () => undefined,
    isEmpty: (value) => value === undefined,
  };
}

function integer64(min: bigint, max: bigint, decode: Decode): ValueCodec {
  return {
    encode(value, path) {
      if (typeof value !== "bigint" || value < min || value > max) {
        throw unexpected(path, `a bigint from ${min} to ${max}`, value);
      }
      return `"${value}"`;
    },
    decode,
    empty: () => 0n,
    isEmpty: (value) => value === 0n,
  };
}

function integer32(min: number, max: number): ValueCodec {
  return {
    encode(value, path) {
      if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
        throw unexpected(path, `an integer from ${min} to ${max}`, value);
      }
      return String(value);
    },
    decode: (json) => jsonInt32(json, min, max),
    empty: () => 0,
    isEmpty: (value) => value === 0,
  };
}

const scalarCodecs: ReadonlyMap<ScalarType, ValueCodec> = new Map<ScalarType, ValueCodec>([
  [ScalarType.INT64, integer64(-(2n ** 63n), 2n ** 63n - 1n, jsonInt64)],
  [ScalarType.UINT64, integer64(0n, 2n ** 64n - 1n, jsonUint64)],
  [ScalarType.INT32, integer32(-(2 ** 31), 2 ** 31 - 1)],
  [ScalarType.UINT32, integer32(0, 2 ** 32 - 1)],
  [
    ScalarType.BOOL,
    {
      encode(value, path) {
        if (typeof value !== "boolean") throw unexpected(path, "a boolean", value);
        return String(value);
      },
      decode: jsonBool,
      empty: () => false,
      isEmpty: (value) => value === false,
    },
  ],
  [
    ScalarType.STRING,
    {
      encode(value, path) {
        if (typeof value !== "string") throw unexpected(path, "a string", value);
        if (loneSurrogate.test(value)) throw invalidArgument(`${path}: not well-formed Unicode (a lone surrogate)`);
        return JSON.stringify(value);
      },
      decode: jsonString,
      empty: () => "",
      isEmpty: (value) => value === "",
    },
  ],
  [
    ScalarType.BYTES,
    {
      encode(value, path) {
        if (!isBytes(value)) throw unexpected(path, "bytes", value);
        return `"${encodeBase64(value)}"`;
      },
      decode: jsonBytes,
      empty: () => new Uint8Array(0),
      isEmpty: (value) => isBytes(value) && value.length === 0,
    },
  ],
]);
