import { decodeBase64 } from "./base64.ts";

/** A JSON object as it came from the wire: every member may be missing or of any type. */
export interface JsonObject {
  readonly [name: string]: unknown;
}

/** Thrown for an answer that is JSON but not the message that was expected. */
export class UnexpectedJson extends Error {
  constructor(expected: string, got: unknown) {
    super(`expected ${expected}, got ${Array.isArray(got) ? "an array" : got === null ? "null" : typeof got}`);
  }
}

export function jsonObject(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UnexpectedJson("an object", value);
  return value as JsonObject;
}

/** Absent and `null` are empty: gateways leave out whatever has its zero value. */
export function jsonArray(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new UnexpectedJson("an array", value);
  return value;
}

const zero = "0".charCodeAt(0);
const minus = "-".charCodeAt(0);

/** 64-bit integers travel as decimal strings; a number is taken only where it is exact. */
export function jsonInt64(value: unknown): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === "string") {
    // BigInt itself would also take "", " 1", and "0x1".
    const first = value.charCodeAt(0);
    const digit = first - zero;
    if (value.length === 1 && digit >= 0 && digit <= 9) return BigInt(digit);
    if ((digit >= 1 && digit <= 9) || (first === minus && value.charCodeAt(1) > zero)) return BigInt(value);
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw new UnexpectedJson("a 64-bit integer", value);
}

export function jsonInt32(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  throw new UnexpectedJson("an integer", value);
}

export function jsonBool(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw new UnexpectedJson("a boolean", value);
}

export function jsonString(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new UnexpectedJson("a string", value);
}

export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value === "string") return decodeBase64(value);
  if (value === undefined || value === null) return new Uint8Array(0);
  throw new UnexpectedJson("base64", value);
}
