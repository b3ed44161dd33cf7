import type { WaitOptions } from "../recipes/wait.ts";
import type { FlagDetails } from "./flag-details.ts";
import type { FlagContext, FlagDocument, FlagMetadata } from "./flag-format.ts";

/**
 * What `subscribe` tells: the names of flags that are served another way, the flags that are not valid (all of them, each
 * time these are others), or how things stand with etcd.
 */
export type FlagsEvent =
  | {
      /** Flags are served another way. */
      readonly type: "changed";
      /** Their names. */
      readonly flags: readonly string[];
    }
  | {
      /** Other flags than before are not valid. */
      readonly type: "invalid";
      /** All flags that are not valid, and why. */
      readonly flags: ReadonlyMap<string, string>;
    }
  | {
      /** How things stand with etcd has changed. */
      readonly type: "status";
      /** What it is now. */
      readonly status: FlagsStatus;
    };

/**
 * - `empty`: etcd has not answered yet; defaults are served, or the bootstrap.
 * - `live`: etcd's last answer is served.
 * - `stale`: etcd did not answer last time; its last answer is served, or the bootstrap.
 * - `expired`: for longer than `staleIfError`; defaults are served.
 * - `closed`: what was known last is served, and etcd is not asked again.
 */
export type FlagsStatus = "empty" | "live" | "stale" | "expired" | "closed";

/** Typed flags, read without waiting. Reads never fail and never wait for etcd. Values of JSON are frozen. */
export interface Flags<F extends object> extends AsyncDisposable {
  /** A flag's value for somebody. Starts asking etcd in the background where `ttl` is over. */
  get<K extends keyof F & string>(name: K, context?: FlagContext): F[K];
  /** The same with its variant, reason and metadata. */
  details<K extends keyof F & string>(name: K, context?: FlagContext): FlagDetails<F[K]>;
  /**
   * Looks up a flag by any name. `undefined`: there is none of that name. `value` is `undefined` where a stored flag
   * gives none: the caller's own default is due, as `reason` says.
   */
  find(name: string, context?: FlagContext): FlagDetails<unknown> | undefined;
  /** The values of all flags in `defaults`. */
  all(context?: FlagContext): F;
  /** What `find` gives for every flag there is, stored or in `defaults`, in the order of their names. */
  findAll(context?: FlagContext): ReadonlyMap<string, FlagDetails<unknown>>;
  /**
   * Resolves when etcd has answered for the first time, or when that has failed: `status` and `error` tell. Rejects only
   * with the reason of its own signal. Default `timeoutMs`: 5000.
   */
  ready(options?: WaitOptions): Promise<void>;
  /** Asks etcd what has changed, now, and resolves when it is taken in. Rejects if etcd cannot be asked. */
  refresh(options?: WaitOptions): Promise<void>;
  /**
   * Resolves when etcd is not being asked any more; never rejects. Made for `ctx.waitUntil(flags.settled())`, after a
   * read or a call of `ready`: what those have started goes on then, whatever becomes of the request.
   */
  settled(): Promise<void>;
  /**
   * Watches etcd, and yields `digest` each time it has become another one, until the signal aborts, the flags close or
   * the loop is left. In any `mode`: in a Worker it lives as long as the request that iterates.
   */
  follow(options?: Pick<WaitOptions, "signal">): AsyncIterable<string>;
  /** Of what all flags are stored as: the same where that is the same. 16 hex digits. */
  readonly digest: string;
  /** Of the whole set. */
  readonly metadata: FlagMetadata;
  /** How things stand with etcd: see {@link FlagsStatus}. */
  readonly status: FlagsStatus;
  /** Why flags are stale or expired. */
  readonly error: unknown;
  /**
   * What is stored and not valid, and why: by the flag's name, in which bytes that are not UTF-8 are written as `\xff`.
   * A flag that is not valid stays as it last was, or is its default.
   */
  readonly invalid: ReadonlyMap<string, string>;
  /**
   * Calls `listener` with each event, until what it returns is called. One that throws is reported by `console.error`.
   */
  subscribe(listener: (event: FlagsEvent) => void): () => void;
  /** What all flags are stored as, to be the `bootstrap` of another start. */
  toJSON(): FlagDocument;
  /** Stops asking etcd. What was known last is served from then on. */
  close(): Promise<void>;
}
