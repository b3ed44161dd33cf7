import type { CallOptions } from "../transport/connection.ts";
import * as kind from "../transport/option-kinds.ts";
import { check, checkOptions, type Kinds } from "../transport/options.ts";

// The kinds of etcd's own values, and checks for what types cannot say. Each names the option, what was expected and what
// came instead.

const maxInt64 = 2n ** 63n - 1n;

const bigints = (expected: string, least: bigint, most = maxInt64): kind.Kind<bigint> => ({
  expected,
  accepts: (value): value is bigint => typeof value === "bigint" && value >= least && value <= most,
});

/** A revision to read at or from: at least 1. */
export const revisionKind: kind.Kind<bigint> = bigints("a positive bigint", 1n);
/** A bound on revisions, or a compare operand: 0 or more. */
export const countKind: kind.Kind<bigint> = bigints("a bigint that is not negative", 0n);
/** A member or cluster id: unsigned. */
export const idKind: kind.Kind<bigint> = bigints("an id as a positive bigint", 1n, 2n ** 64n - 1n);
/** A lease id: any 64-bit integer but 0, which means none. */
export const leaseIdKind: kind.Kind<bigint> = {
  expected: "a lease id as a bigint other than 0",
  accepts: (value): value is bigint => value !== 0n && keyLeaseKind.accepts(value),
};
/** What a key hangs on; 0 means none, so that the lease of an entry can be passed on. */
export const keyLeaseKind: kind.Kind<bigint> = bigints("a lease id as a bigint", -maxInt64 - 1n);

export const checkRevision = (value: unknown, option: string): bigint => check(revisionKind, value, option);
export const checkCount = (value: unknown, option: string): bigint => check(countKind, value, option);
export const checkLeaseId = (value: unknown, option: string): bigint => check(leaseIdKind, value, option);
export const checkId = (value: unknown, option: string): bigint => check(idKind, value, option);
export const checkPositiveInteger = (value: unknown, option: string): number =>
  check(kind.positiveInteger, value, option);
export const checkString = (value: unknown, option: string): string => check(kind.string, value, option);
export const checkOneOf = <T extends string>(value: unknown, allowed: readonly T[], option: string): T =>
  check(kind.oneOf(allowed), value, option);

/** What every call takes. */
export const callKinds: Kinds<CallOptions> = { signal: kind.signal, timeoutMs: kind.milliseconds };

/** The options of a call as `checkOptions` gives them: `signal`, `timeoutMs` and those in `kinds`. */
export function ownOptions<T extends CallOptions>(
  where: string,
  options: T | undefined,
  ...[kinds]: Exclude<keyof T, keyof CallOptions> extends never ? [] : [kinds: Kinds<Omit<T, keyof CallOptions>>]
): T {
  return checkOptions<object>(where, options, kinds === undefined ? callKinds : { ...kinds, ...callKinds }) as T;
}
