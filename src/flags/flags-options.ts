import type { StandardSchemaV1 } from "@standard-schema/spec";
import { invalidArgument, shown } from "../transport/errors/etcd-error.ts";
import { checkOptions } from "../transport/options.ts";
import { checkOneOf, checkString } from "../v3/check.ts";
import type { Json } from "./flag-format.ts";
import { isSchema } from "./flag-set.ts";

/** Flags as JSON, of one moment: for the next cold start. */
export interface FlagsData {
  /** What is stored for each flag, by its name. */
  readonly flags: Readonly<Record<string, Json>>;
}

/** A schema of the object of all flags, or one for each flag. */
export type FlagsSchema<F> =
  | StandardSchemaV1<unknown, F>
  | { readonly [K in keyof F]: StandardSchemaV1<unknown, F[K]> };

export interface FlagsOptions<F extends object> {
  /** Before the name of each flag in etcd, such as `flags/`. */
  readonly prefix: string;
  /** What is served where etcd says nothing, or nothing that fits. Names the flags, and types them without a schema. */
  readonly defaults: F;
  /** What a value, or each variant, has to be. Default: of the same kind as its default. */
  readonly schema?: FlagsSchema<F> | undefined;
  /** Seconds for which values are served without asking again; then they are, while etcd is asked. Default 30. */
  readonly ttl?: number | undefined;
  /** Seconds past `ttl` for which the last known values are served while etcd does not answer. Default: for ever. */
  readonly staleIfError?: number | undefined;
  /** What to start from until etcd has answered: `toJSON()` of an earlier run. */
  readonly bootstrap?: FlagsData | undefined;
  /** `poll`, the default: reads ask, when `ttl` is over; no timer, no stream. `watch`: changes come as they happen. */
  readonly mode?: "poll" | "watch" | undefined;
  /** Milliseconds of some clock. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export interface FlagsSettings {
  readonly prefix: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly schema: StandardSchemaV1 | Readonly<Record<string, StandardSchemaV1>> | undefined;
  readonly ttlMs: number;
  readonly staleIfErrorMs: number;
  readonly bootstrap: ReadonlyMap<string, string> | undefined;
  readonly mode: "poll" | "watch";
  readonly now: () => number;
}

const names: readonly (keyof FlagsOptions<object>)[] = [
  "prefix",
  "defaults",
  "schema",
  "ttl",
  "staleIfError",
  "bootstrap",
  "mode",
  "now",
];

/** The options of any flags: what their types say is checked all the same. */
type GivenOptions = { readonly [K in keyof FlagsOptions<object>]?: unknown };

export function checkFlagsOptions(given: GivenOptions): FlagsSettings {
  const options = checkOptions("createFlags", given, names);
  const { prefix, defaults, schema, ttl = 30, staleIfError = Infinity, bootstrap, mode = "poll", now } = options;
  if (!isObject(defaults)) throw invalidArgument(`defaults: expected an object, got ${shown(defaults)}`);
  return {
    prefix: checkString(prefix, "prefix"),
    defaults: { ...defaults },
    schema: schema === undefined ? undefined : schemaOf(schema),
    ttlMs: seconds(ttl, "ttl"),
    staleIfErrorMs: seconds(staleIfError, "staleIfError"),
    bootstrap: bootstrap === undefined ? undefined : sourcesOf(bootstrap),
    mode: checkOneOf(mode, ["poll", "watch"], "mode"),
    now: now === undefined ? Date.now : clockOf(now),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function schemaOf(schema: unknown): FlagsSettings["schema"] {
  if (isSchema(schema)) return schema;
  if (!isObject(schema)) throw invalidArgument(`schema: expected a Standard Schema, got ${shown(schema)}`);
  return Object.fromEntries(
    Object.entries(schema).map(([name, each]) => {
      if (isSchema(each)) return [name, each];
      throw invalidArgument(`schema.${name}: expected a Standard Schema, got ${shown(each)}`);
    }),
  );
}

function clockOf(now: unknown): () => number {
  if (typeof now === "function") return () => Number(now());
  throw invalidArgument(`now: expected a function, got ${shown(now)}`);
}

function seconds(value: unknown, option: string): number {
  if (typeof value === "number" && value >= 0) return value * 1000;
  throw invalidArgument(`${option}: expected seconds, 0 or more, got ${shown(value)}`);
}

function sourcesOf(data: unknown): ReadonlyMap<string, string> {
  const flags = isObject(data) ? data["flags"] : undefined;
  if (!isObject(flags)) {
    throw invalidArgument("bootstrap: expected what toJSON() of flags gives, { flags }");
  }
  return new Map(Object.entries(flags).map(([name, json]) => [name, JSON.stringify(json)]));
}
