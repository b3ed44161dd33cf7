import type { Selector } from "fetcd";
import { badArguments } from "./exit-error.ts";

export interface RangeFlags {
  readonly prefix?: boolean;
  readonly fromKey?: boolean;
}

/**
 * The keys that `KEY [RANGE_END]` and the flags of etcdctl stand for. An empty key with `--prefix` or `--from-key` is
 * every key, as there.
 */
export function selectorOf(key: string, end: string | undefined, { prefix, fromKey }: RangeFlags): Selector {
  if (prefix === true && fromKey === true) throw badArguments("--prefix and --from-key exclude each other");
  if (end !== undefined && (prefix === true || fromKey === true)) {
    throw badArguments(`a range end and ${prefix === true ? "--prefix" : "--from-key"} exclude each other`);
  }
  if (key === "" && (prefix === true || fromKey === true)) return { all: true };
  if (prefix === true) return { prefix: key };
  if (fromKey === true) return { from: key };
  // No range end and an empty one are the same to etcdctl: the key alone.
  return end === undefined || end === "" ? key : { from: key, to: end };
}

/** A whole number of the command line. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`expected a whole number, got ${JSON.stringify(text)}`);
}

/** What stands between commas. */
export function listArgument(text: string): string[] {
  return text.split(",").map((each) => each.trim());
}

/** 0 stands for the newest. */
export function revisionArgument(text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new Error(`expected a revision, which is a whole number, got ${JSON.stringify(text)}`);
}

/** An id in hex, as etcdctl takes and prints them. */
export function idArgument(text: string): bigint {
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(text)) return BigInt(`0x${text.replace(/^0x/i, "")}`);
  throw badArguments(`expected an id in hex, got ${JSON.stringify(text)}`);
}

/** For an option of etcdctl where 0 stands for none. */
export function unlessZero(value: bigint | undefined): bigint | undefined {
  return value === 0n ? undefined : value;
}
