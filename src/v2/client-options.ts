import { type DiscoverMembers, discoverMembersKind } from "../discovery/discover-members-option.ts";
import type { Fetch } from "../transport/http/fetch.ts";
import * as kind from "../transport/option-kinds.ts";
import { readOptions } from "../transport/read-options.ts";
import { invalid } from "./errors.ts";

/** What every call takes. */
export interface CallOptions {
  /** Aborting rejects with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, other members included, in milliseconds. @default the client's */
  readonly timeoutMs?: number | undefined;
}

const callKinds: kind.Kinds<CallOptions> = { signal: kind.signal, timeoutMs: kind.milliseconds };

/** Options of {@link createEtcdV2}. */
export interface EtcdV2Options {
  /** URLs of members, in order of preference. User names in them are refused. @default "http://127.0.0.1:2379" */
  readonly endpoints?: string | readonly string[] | undefined;
  /** Sent with every call, as HTTP Basic has it. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** What stands before `/keys`, `/members` and so on. @default "/v2" */
  readonly versionPrefix?: string | undefined;
  /** For a whole call, in milliseconds. `watch` and `wait` have no limit unless they are given one. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Follow redirects, as clusters of old sent them; never with a password to another origin. @default false */
  readonly followRedirects?: boolean | undefined;
  /**
   * Go on with another member when one fails: reads always, writes if they certainly did nothing. `false`:
   * every call is one request, to the first endpoint.
   *
   * @default true
   */
  readonly failover?: boolean | undefined;
  /**
   * Learn the client URLs of all members before the first call, and again when a call failed everywhere. They are used
   * after `endpoints`. At most 32 are looked at; those of another scheme, or that lead to a machine only the member
   * knows, are left out. `"withCredentials"` also sends them the password of `auth`, which `true` does not go with.
   */
  readonly discoverMembers?: DiscoverMembers | undefined;
  /** Refuse every other cluster: a bigint, or hex as etcd writes it. @default the one that answers first */
  readonly expectedClusterId?: bigint | string | undefined;
  /** What sends requests. @default globalThis.fetch */
  readonly fetch?: Fetch | undefined;
  /** Allow a password over plain HTTP to other machines, and plain HTTP from https pages. @default false */
  readonly allowInsecure?: boolean | undefined;
  /**
   * The largest answer, in bytes, with one object or list for each 128 of them. `ResponseTooLarge` beyond it.
   *
   * @default 8 MiB, which a Worker with 128 MB of memory survives
   */
  readonly maxResponseBytes?: number | undefined;
}

export const clientKinds: kind.Kinds<EtcdV2Options> = {
  endpoints: kind.anything,
  auth: kind.object,
  versionPrefix: kind.anything,
  timeoutMs: kind.milliseconds,
  followRedirects: kind.boolean,
  failover: kind.boolean,
  discoverMembers: discoverMembersKind,
  expectedClusterId: kind.anything,
  fetch: kind.func,
  allowInsecure: kind.boolean,
  maxResponseBytes: kind.positive,
};

/** The options as an object of their own properties only. Throws `InvalidArgument`. */
export function checkOptions<T extends object>(where: string, given: T | undefined, kinds: kind.Kinds<NoInfer<T>>): T {
  return readOptions(where, given, kinds, { refuse: invalid });
}

export function checkTimeout(ms: unknown, name = "timeoutMs"): number {
  if (kind.milliseconds.accepts(ms)) return ms;
  throw invalid(kind.faultOf(kind.milliseconds, ms, name) ?? name);
}

/** Checks the options of a call: those of every call and `more`. */
export function ownOptions<T extends CallOptions>(
  where: string,
  given: T | undefined,
  ...[more]: Exclude<keyof T, keyof CallOptions> extends never ? [] : [more: kind.Kinds<Omit<T, keyof CallOptions>>]
): T {
  return checkOptions<object>(where, given, { ...more, ...callKinds }) as T;
}

/** The same for a call of `/keys`, of which `kinds` says what it takes besides. */
export function keyOptions<T extends CallOptions>(
  where: string,
  given: T | undefined,
  kinds: Readonly<Record<string, kind.Kind>>,
): T {
  return checkOptions<object>(where, given, { ...kinds, ...callKinds }) as T;
}
