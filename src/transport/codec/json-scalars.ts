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

const isDigit = (charCode: number): boolean => charCode >= zero && charCode <= zero + 9;

/** 64-bit integers travel as decimal strings; a number is taken only where it is exact. */
export function jsonInt64(value: unknown): bigint {
  return integer64(value, minInt64, maxInt64);
}

export function jsonUint64(value: unknown): bigint {
  return integer64(value, 0n, maxUint64);
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
const maxUint64 = 2n ** 64n - 1n;
/** Every decimal as short as this fits; the time that BigInt takes for a very long one grows faster than its length. */
const alwaysFits = 18;
const neverFits = 21;
/** Numbers this short are read digit by digit: engines make a bigint of a small integer in a quarter of the time. */
const smallLength = 9;

/** The integer in a short string of digits, `-1` for any other. */
function smallInteger(text: string): number {
  let integer = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - zero;
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0 && text.length > 1)) return -1;
    integer = integer * 10 + digit;
  }
  return text === "" ? -1 : integer;
}

function integer64(value: unknown, min: bigint, max: bigint): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === "string" && value.length < neverFits) {
    const small = value.length <= smallLength ? smallInteger(value) : -1;
    if (small >= 0) return BigInt(small);
    // BigInt itself would also take "", " 1", "1 " and "0x1".
    const first = value.charCodeAt(0);
    const leading = first === minus ? value.charCodeAt(1) : first;
    if (leading !== zero && isDigit(leading) && isDigit(value.charCodeAt(value.length - 1))) {
      const integer = BigInt(value);
      if ((value.length <= alwaysFits && (min < 0n || first !== minus)) || (integer >= min && integer <= max))
        return integer;
    }
  }
  if (typeof value === "number" && Number.isSafeInteger(value) && (min < 0n || value >= 0)) return BigInt(value);
  throw new UnexpectedJson("a 64-bit integer", value);
}

/** 32-bit integers travel as numbers. */
export function jsonInt32(value: unknown, min: number = -(2 ** 31), max: number = 2 ** 31 - 1): number {
  if (value === undefined || value === null) return 0;
  const number = typeof value === "string" && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new UnexpectedJson("a 32-bit integer", value);
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
