import type { Selector } from "fetcd";
import { badArguments } from "./exit-error.ts";

export interface RangeFlags {
  readonly prefix?: boolean;
  readonly fromKey?: boolean;
}

/**
 * The keys that `KEY [RANGE_END]` and the flags of etcdctl select. An empty key with `--prefix` or `--from-key` selects
 * every key, as in etcdctl.
 */
export function selectorOf(key: string, end: string | undefined, { prefix, fromKey }: RangeFlags): Selector {
  if (prefix === true && fromKey === true) throw badArguments("--prefix and --from-key exclude each other");
  if (end !== undefined && (prefix === true || fromKey === true)) {
    throw badArguments(`a range end and ${prefix === true ? "--prefix" : "--from-key"} exclude each other`);
  }
  if (key === "" && (prefix === true || fromKey === true)) return { all: true };
  if (key === "") throw new Error("the key is empty; with --prefix it selects every key");
  if (prefix === true) return { prefix: key };
  if (fromKey === true) return { from: key };
  // etcdctl takes an empty range end like a missing one: only the key itself.
  return end === undefined || end === "" ? key : rangeBetween(key, end);
}

/** Throws for a range that no key can be in. */
export function rangeBetween(key: string, end: string): { readonly from: string; readonly to: string } {
  if (Buffer.compare(Buffer.from(key), Buffer.from(end)) < 0) return { from: key, to: end };
  throw new Error(`the range end ${JSON.stringify(end)} does not come after the key ${JSON.stringify(key)}`);
}

/** A key to write. */
export function keyArgument(text: string): string {
  if (text === "") throw new Error("the key is empty");
  return text;
}

/** The name of a file to write. */
export function fileArgument(text: string): string {
  if (text === "") throw badArguments("the name of the file is empty");
  return text;
}

/** Parses a whole number. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`expected a whole number, got ${JSON.stringify(text)}`);
}

/** Splits a list at its commas. */
export function listArgument(text: string): string[] {
  return text.split(",").map((each) => each.trim());
}

/** Parses a revision; 0 means the newest. */
export function revisionArgument(text: string): bigint {
  if (/^\d{1,19}$/.test(text) && BigInt(text) <= maxInt64) return BigInt(text);
  throw new Error(`expected a revision, which is a whole number up to ${maxInt64}, got ${JSON.stringify(text)}`);
}

const maxInt64 = 2n ** 63n - 1n;

/** Parses an id in hex, the form that etcdctl takes and prints. */
export function idArgument(text: string): bigint {
  const id = fromHex(text);
  if (id !== undefined && id > 0n) return id;
  throw badArguments(`expected an id in hex, other than 0, got ${JSON.stringify(text)}`);
}

/** The same of a lease. */
export function leaseArgument(text: string): bigint {
  const id = leaseOrNone(text);
  if (id > 0n) return id;
  throw badArguments(`expected the id of a lease in hex, other than 0, got ${JSON.stringify(text)}`);
}

/** The same where 0 means no lease. */
export function leaseOrNone(text: string): bigint {
  const id = fromHex(text);
  if (id !== undefined && id <= maxInt64) return id;
  throw badArguments(`expected the id of a lease in hex, up to ${maxInt64.toString(16)}, got ${JSON.stringify(text)}`);
}

function fromHex(text: string): bigint | undefined {
  return /^(?:0x)?[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text.replace(/^0x/i, "")}`) : undefined;
}

/** `undefined` for 0, which some options of etcdctl take for "not set". */
export function unlessZero(value: bigint | undefined): bigint | undefined {
  return value === 0n ? undefined : value;
}
