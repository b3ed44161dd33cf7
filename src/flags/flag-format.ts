/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Whom a flag is evaluated for: the attributes that its targeting reads. */
export interface FlagContext {
  /** Who or what gets the same share of a `fractional` rule each time, such as a user's id. */
  readonly targetingKey?: string | undefined;
  readonly [attribute: string]: unknown;
}

/** What is said about a flag or a set of flags, beside its values. */
export type FlagMetadata = Readonly<Record<string, string | number | boolean>>;

/**
 * A flag with variants, in the format of flagd: https://flagd.dev/reference/flag-definitions/. JSON of any other form
 * is the value of the flag itself, for everybody.
 */
export interface FlagDefinition {
  /** `DISABLED`: the program's own default is served. */
  readonly state: "ENABLED" | "DISABLED";
  /** The values that the flag can have, by the names of its variants. */
  readonly variants: Readonly<Record<string, Json>>;
  /** The variant for those whom `targeting` gives none. Absent or `null`: the program's own default. */
  readonly defaultVariant?: string | null;
  /** A rule in JSON Logic that gives the name of a variant, or `null`. */
  readonly targeting?: Json;
  /** What is said about the flag; it travels with each evaluation. */
  readonly metadata?: FlagMetadata;
}

/** A flagd document: what stands in a file of flag definitions. */
export interface FlagDocument {
  /** By its key, a definition, or a value for everybody. */
  readonly flags: Readonly<Record<string, FlagDefinition | Json>>;
  /** Rules that targeting refers to as `{ "$ref": "name" }`. */
  readonly $evaluators?: Readonly<Record<string, Json>>;
  /** Of the set; a flag's own metadata goes over it, name by name. */
  readonly metadata?: FlagMetadata;
}
