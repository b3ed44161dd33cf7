import type { StandardSchemaV1 } from "@standard-schema/spec";
import { invalidArgument, unexpected } from "../transport/errors/etcd-error.ts";
import * as kind from "../transport/option-kinds.ts";
import { check, checkOptions, type Kinds } from "../transport/options.ts";
import { checkString } from "../v3/check.ts";
import { isSchema, type Schemas } from "./check-value.ts";
import type { FlagDocument, Json } from "./flag-format.ts";
import { type FlagSources, noSources, sourcesOfDocument } from "./flag-sources.ts";
import type { FlagsEvent } from "./flags.ts";
import { isObject } from "../transport/platform.ts";

/** A schema of the object of all flags, or one for each flag. */
export type FlagsSchema<F> =
  | StandardSchemaV1<unknown, F>
  | { readonly [K in keyof F]: StandardSchemaV1<unknown, F[K]> };

/** Options of {@link createFlags}. */
export interface FlagsOptions<F extends object> {
  /** Before the name of each flag in etcd, such as `flags/`. */
  readonly prefix?: string | undefined;
  /**
   * `keys`: each flag has a key of its own, below `prefix`. `file`: all flags are in one flagd document,
   * `{ "flags": { … } }`, that stands at `key` as it would in a file.
   * @default "keys"
   */
  readonly source?: "keys" | "file" | undefined;
  /** The key of the document, with `source: "file"`. */
  readonly key?: string | undefined;
  /** What is served where etcd says nothing, or nothing that fits. Names the flags, and types them without a schema. */
  readonly defaults: F;
  /**
   * What a value, or each variant, has to be.
   * @default of the same kind as its default
   */
  readonly schema?: FlagsSchema<F> | undefined;
  /**
   * How long values are served without asking etcd, in seconds. The first read after that starts a request in the
   * background, and is itself answered from memory.
   * @default 30
   */
  readonly ttl?: number | undefined;
  /**
   * How long past `ttl` the last known values are served while etcd does not answer, in seconds; then the defaults are.
   * @default Infinity
   */
  readonly staleIfError?: number | undefined;
  /** What to start from until etcd has answered: `toJSON()` of an earlier run, or a flagd document. */
  readonly bootstrap?: FlagDocument | undefined;
  /**
   * `poll`: reads ask, when `ttl` is over; no timer, no stream. `watch`: changes come as they happen.
   * @default "poll"
   */
  readonly mode?: "poll" | "watch" | undefined;
  /** Is told what `subscribe` tells: changes, invalid flags with their keys, and how things stand with etcd. */
  readonly logger?: ((event: FlagsEvent) => void) | undefined;
  /**
   * Milliseconds since 1970.
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

export interface FlagsSettings {
  readonly stored: { readonly prefix: string } | { readonly key: string };
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly schema: Schemas | undefined;
  readonly ttlMs: number;
  readonly staleIfErrorMs: number;
  readonly bootstrap: FlagSources;
  readonly mode: "poll" | "watch";
  readonly logger: ((event: FlagsEvent) => void) | undefined;
  readonly now: () => number;
}

/** The options of any flags. What depends on their type is checked by hand. */
type GivenOptions = Omit<FlagsOptions<object>, "defaults" | "schema" | "bootstrap"> & {
  readonly defaults?: unknown;
  readonly schema?: unknown;
  readonly bootstrap?: unknown;
};

const secondsKind: kind.Kind<number> = {
  expected: "seconds, 0 or more",
  accepts: (value): value is number => typeof value === "number" && value >= 0,
};

const flagsKinds: Kinds<GivenOptions> = {
  prefix: kind.anything,
  source: kind.oneOf(["keys", "file"]),
  key: kind.anything,
  defaults: kind.object,
  schema: kind.anything,
  ttl: secondsKind,
  staleIfError: secondsKind,
  bootstrap: kind.anything,
  mode: kind.oneOf(["poll", "watch"]),
  logger: kind.func,
  now: kind.func,
};

export function checkFlagsOptions(given: GivenOptions): FlagsSettings {
  const options = checkOptions("createFlags", given, flagsKinds);
  const { schema, ttl = 30, staleIfError = Infinity, bootstrap, mode = "poll", logger, now = Date.now } = options;
  return {
    stored: storedAt(options),
    defaults: { ...check(kind.object, options.defaults, "defaults") },
    schema: schema === undefined ? undefined : schemaOf(schema),
    ttlMs: ttl * 1000,
    staleIfErrorMs: staleIfError * 1000,
    bootstrap: bootstrap === undefined ? noSources : sourcesOf(bootstrap),
    mode,
    logger,
    // Of a clock that gives bigint a read would throw.
    now: () => Number(now()),
  };
}

function storedAt({ prefix, source, key }: GivenOptions): FlagsSettings["stored"] {
  if (source === "file") {
    if (prefix !== undefined) throw invalidArgument('prefix: only with source "keys"; give a key');
    return { key: checkString(key, "key") };
  }
  if (key !== undefined) throw invalidArgument('key: only with source "file"; give a prefix');
  return { prefix: checkString(prefix, "prefix") };
}

function schemaOf(schema: unknown): Schemas {
  if (isSchema(schema)) return schema;
  if (!isObject(schema)) throw unexpected("schema", "a Standard Schema", schema);
  return Object.fromEntries(
    Object.entries(schema).map(([name, each]) => {
      if (isSchema(each)) return [name, each];
      throw unexpected(`schema.${name}`, "a Standard Schema", each);
    }),
  );
}

function sourcesOf(data: unknown): FlagSources {
  try {
    // A copy: what flags are read from is frozen.
    return sourcesOfDocument(JSON.parse(JSON.stringify(data)) as Json, "any");
  } catch {
    throw invalidArgument("bootstrap: expected the result of flags.toJSON()");
  }
}
