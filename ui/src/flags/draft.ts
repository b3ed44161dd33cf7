import { createFlags } from "fetcd/flags";

/** A definition being edited; its text may not be valid JSON yet. */
export interface Draft {
  readonly variants: readonly { readonly name: string; readonly text: string }[];
  /** "" for the default of the program. */
  readonly defaultVariant: string;
  readonly targeting: string;
}

export type Definition = Readonly<Record<string, unknown>>;
/** How many ids of the sample get each variant, the most frequent first. */
export type Counts = readonly (readonly [variant: string, count: number])[];

/** Number of made-up ids in a sample. */
export const sampleSize = 1_000;

export function draftOf(definition: Definition): Draft {
  const { variants, defaultVariant, targeting } = definition;
  const entries = typeof variants === "object" && variants !== null ? Object.entries(variants) : [];
  return {
    variants: entries.map(([name, value]) => ({ name, text: JSON.stringify(value) })),
    defaultVariant: typeof defaultVariant === "string" ? defaultVariant : "",
    targeting: JSON.stringify(targeting ?? {}, undefined, 2),
  };
}

/** Parses a draft. Throws an `Error` that says what is wrong, and where. */
export function draftDefinition({ variants, defaultVariant, targeting }: Draft): Definition {
  const names = variants.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`There are two variants ${twice}.`);
  const values = variants.map(({ name, text }) => [name, parsed(text, `The value of ${name || "a variant"}`)] as const);
  return {
    variants: Object.fromEntries(values),
    defaultVariant: defaultVariant === "" ? null : defaultVariant,
    targeting: parsed(targeting, "The targeting"),
  };
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} is not JSON. Text is in double quotes: "like this".`);
  }
}

/** Evaluates a definition for a sample of ids. Throws an `Error` that says why if programs would refuse it. */
export function preview(definition: Definition): Counts {
  const name = "the flag";
  const flags = createFlags.fake<Record<string, unknown>>({});
  flags.set({ [name]: { ...definition, state: "ENABLED" } });
  const { errorMessage } = flags.find(name, { targetingKey: "user-1" }) ?? {};
  if (errorMessage !== undefined) throw new Error(errorMessage);
  return countsOf((context) => flags.find(name, context)?.variant, {});
}

export function countsOf(
  variantFor: (context: Record<string, unknown> & { targetingKey: string }) => string | undefined,
  context: object,
): Counts {
  const counts = new Map<string, number>();
  for (let i = 1; i <= sampleSize; i++) {
    const variant = variantFor({ ...context, targetingKey: `user-${i}` }) ?? "the program's default";
    counts.set(variant, (counts.get(variant) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}
