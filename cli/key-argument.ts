import type { Selector } from "fetcd";

export interface RangeFlags {
  readonly prefix?: boolean;
  readonly fromKey?: boolean;
}

/**
 * The keys that `KEY [RANGE_END]` and the flags of etcdctl stand for. An empty key with `--prefix` or `--from-key` is
 * every key, as there.
 */
export function selectorOf(key: string, end: string | undefined, { prefix, fromKey }: RangeFlags): Selector {
  if (prefix === true && fromKey === true) throw new Error("--prefix and --from-key exclude each other");
  if (end !== undefined && (prefix === true || fromKey === true)) {
    throw new Error(`a range end and ${prefix === true ? "--prefix" : "--from-key"} exclude each other`);
  }
  if (key === "" && (prefix === true || fromKey === true)) return { all: true };
  if (prefix === true) return { prefix: key };
  if (fromKey === true) return { from: key };
  return end === undefined ? key : { from: key, to: end };
}

/** A whole number of the command line. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`expected a whole number, got ${JSON.stringify(text)}`);
}

export function revisionArgument(text: string): bigint {
  if (/^\d{1,19}$/.test(text) && BigInt(text) > 0n) return BigInt(text);
  throw new Error(`expected a revision, which is a whole number from 1 on, got ${JSON.stringify(text)}`);
}

/** An id in hex, as etcdctl takes and prints them. */
export function idArgument(text: string): bigint {
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(text)) return BigInt(`0x${text.replace(/^0x/i, "")}`);
  throw new Error(`expected an id in hex, got ${JSON.stringify(text)}`);
}
