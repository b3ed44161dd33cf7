import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { callKinds } from "../../v3/check.ts";
import { invalidArgument, unexpected } from "../../transport/errors/etcd-error.ts";

/** What a schema is given of a value: what `JSON.parse` makes of it, its text, or its bytes. */
export type CacheFormat = "json" | "text" | "bytes";

/**
 * What becomes of a value that `parse` refuses.
 * - `error`: the cache takes nothing in until all of its values are good again: it keeps the last revision at which they
 *   were, and `error` says which key is bad. Without such a revision `cache` rejects.
 * - `skip`: its key is left out until it has a good value.
 * - `keepLast`: its key keeps the last good value there was; a key that never had one is left out.
 */
export type InvalidPolicy = "error" | "skip" | "keepLast";

/** Options of {@link cache}. */
export interface CacheOptions {
  /**
   * `watch`, the default: changes come over a stream, as they happen. `poll`: every now and then the cache asks what has
   * changed, for runtimes that cannot hold a stream.
   */
  readonly mode?: "watch" | "poll" | undefined;
  /** Milliseconds between two polls, give or take a tenth. `false`: only `refresh` asks. @default 30_000 */
  readonly pollMs?: number | false | undefined;
  /** What `parse` is given. @default "json" */
  readonly format?: CacheFormat | undefined;
  /** What becomes of a value that `parse` refuses: see {@link InvalidPolicy}. @default "error" */
  readonly onInvalid?: InvalidPolicy | undefined;
  /** For the first load, in milliseconds, confirmation of the watch included. @default 30_000 */
  readonly timeoutMs?: number | undefined;
  /** Aborting closes the cache; the first load rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options with a Standard Schema (Zod, Valibot, ArkType and others are one) that makes the cache's values. */
export interface ParsedCacheOptions<S extends StandardSchemaV1> extends CacheOptions {
  /** A schema of any library with Standard Schema, such as zod or valibot: it makes the value that `get` answers. */
  readonly parse: S;
}

/** Options with their defaults. */
export interface CacheSettings {
  readonly mode: "watch" | "poll";
  readonly pollMs: number | false;
  readonly format: CacheFormat;
  readonly onInvalid: InvalidPolicy;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly parse: StandardSchemaV1 | undefined;
}

type GivenOptions = CacheOptions & { readonly parse?: StandardSchemaV1 | undefined };

const cacheKinds: Kinds<GivenOptions> = {
  ...callKinds,
  mode: kind.oneOf(["watch", "poll"]),
  pollMs: {
    expected: "a positive whole number, or false",
    accepts: (value) => value === false || kind.positiveInteger.accepts(value),
  },
  format: kind.oneOf(["json", "text", "bytes"]),
  onInvalid: kind.oneOf(["error", "skip", "keepLast"]),
  parse: kind.anything,
};

export function checkCacheOptions(given: GivenOptions | undefined): CacheSettings {
  const options = checkOptions("cache", given, cacheKinds);
  const { mode = "watch", pollMs, format, onInvalid = "error", timeoutMs = 30_000, signal, parse } = options;
  if (pollMs !== undefined && mode !== "poll") throw invalidArgument('pollMs: only with mode "poll"');
  if (format !== undefined && parse === undefined) throw invalidArgument("format: only with parse");
  if (parse !== undefined && typeof parse["~standard"]?.validate !== "function") {
    throw unexpected("parse", "a Standard Schema", parse);
  }
  return { mode, pollMs: pollMs ?? 30_000, format: format ?? "json", onInvalid, timeoutMs, signal, parse };
}
