import type { WaitOptions } from "../recipes/wait-at-most.ts";
import type { FlagContext } from "./flag-format.ts";
import type { FlagDetails } from "./flag-set.ts";
import type { FlagsData } from "./flags-options.ts";

/** What `subscribe` tells: the names of flags that are stored anew, or how things stand with etcd. */
export type FlagsEvent =
  | { readonly type: "changed"; readonly flags: readonly string[] }
  | { readonly type: "status"; readonly status: FlagsStatus };

/**
 * - `empty`: etcd has not answered yet; defaults are served, or the bootstrap.
 * - `live`: etcd's last answer is served.
 * - `stale`: etcd did not answer last time; its last answer is served, or the bootstrap.
 * - `expired`: for longer than `staleIfError`; defaults are served.
 * - `closed`: what was known last is served, and etcd is not asked again.
 */
export type FlagsStatus = "empty" | "live" | "stale" | "expired" | "closed";

/** Typed flags, read without waiting. Reads never fail and never wait for etcd. */
export interface Flags<F extends object> extends AsyncDisposable {
  /** A flag's value for somebody. Starts asking etcd in the background where `ttl` is over. */
  get<K extends keyof F & string>(name: K, context?: FlagContext): F[K];
  /** The same with its variant and reason. */
  details<K extends keyof F & string>(name: K, context?: FlagContext): FlagDetails<F[K]>;
  /** Looks up a flag that the program has no default for; `undefined`: there is none of that name. */
  find(name: string, context?: FlagContext): FlagDetails<unknown> | undefined;
  /** The values of all flags in `defaults`. */
  all(context?: FlagContext): F;
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
  /** Of what all flags are stored as: the same where that is the same. For an ETag; 16 hex digits. */
  readonly digest: string;
  readonly status: FlagsStatus;
  /** Why flags are stale or expired. */
  readonly error: unknown;
  /** Flags whose stored form is not valid, and why. They keep the last valid one, or their default. */
  readonly invalid: ReadonlyMap<string, string>;
  subscribe(listener: (event: FlagsEvent) => void): () => void;
  /** What all flags are stored as, to be the `bootstrap` of another start. */
  toJSON(): FlagsData;
  close(): Promise<void>;
}
