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
  if (prefix === true) return { prefix: key };
  if (fromKey === true) return { from: key };
  // etcdctl takes an empty range end like a missing one: only the key itself.
  return end === undefined || end === "" ? key : { from: key, to: end };
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
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new Error(`expected a revision, which is a whole number, got ${JSON.stringify(text)}`);
}

/** Parses an id in hex, the form that etcdctl takes and prints. */
export function idArgument(text: string): bigint {
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(text)) return BigInt(`0x${text.replace(/^0x/i, "")}`);
  throw badArguments(`expected an id in hex, got ${JSON.stringify(text)}`);
}

/** `undefined` for 0, which some options of etcdctl take for "not set". */
export function unlessZero(value: bigint | undefined): bigint | undefined {
  return value === 0n ? undefined : value;
}
