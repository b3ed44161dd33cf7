import type { DescField, DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { fieldsOf, fieldValue } from "../transport/codec/codec.ts";
import { ScalarType } from "../transport/codec/scalar-type.ts";

const utf8 = new TextEncoder();

/** How many bytes a message takes in protobuf's binary form, which etcd's limits count. */
export function wireSize<D extends DescMessage>(desc: D, message: MessageInitShape<D>): number {
  return sizeOfFields(desc, { ...message });
}

function sizeOfFields(desc: DescMessage, message: Record<string, unknown>): number {
  let size = 0;
  for (const { field, isEmpty } of fieldsOf(desc)) {
    const value = fieldValue(message, field);
    if (value === undefined || (field.oneof === undefined && isEmpty(value))) continue;
    size += sizeOfField(field, value);
  }
  return size;
}

function sizeOfField(field: DescField, value: unknown): number {
  const tag = varintSize(BigInt(field.number) << 3n);
  if (!Array.isArray(value)) return tag + sizeOfValue(field, value);
  // Numbers of a list stand together behind one tag.
  if (field.enum !== undefined) {
    const bytes = value.reduce((sum: number, each) => sum + sizeOfValue(field, each), 0);
    return tag + withLength(bytes);
  }
  return value.reduce((sum: number, each) => sum + tag + sizeOfValue(field, each), 0);
}

function sizeOfValue(field: DescField, value: unknown): number {
  if (typeof value === "bigint") return varintSize(BigInt.asUintN(64, value));
  if (typeof value === "number") return varintSize(BigInt.asUintN(64, BigInt(value)));
  if (typeof value === "boolean") return 1;
  if (typeof value === "string") return withLength(utf8.encode(value).length);
  if (field.scalar === ScalarType.BYTES) return withLength(lengthOf(value));
  if (field.message === undefined || typeof value !== "object" || value === null) return 0;
  return withLength(sizeOfFields(field.message, { ...value }));
}

function lengthOf(bytes: unknown): number {
  return ArrayBuffer.isView(bytes) ? bytes.byteLength : 0;
}

function withLength(bytes: number): number {
  return varintSize(BigInt(bytes)) + bytes;
}

function varintSize(value: bigint): number {
  let size = 1;
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) size++;
  return size;
}
