import { createFlags } from "fetcd/flags";

/** A definition while it is edited: what is typed need not be JSON yet. */
export interface Draft {
  readonly variants: readonly { readonly name: string; readonly text: string }[];
  /** "": the program's own default. */
  readonly defaultVariant: string;
  readonly targeting: string;
}

export type Definition = Readonly<Record<string, unknown>>;
/** How many of the sample got each variant, the most first. */
export type Counts = readonly (readonly [variant: string, count: number])[];

/** Made-up ids that a sample is taken over. */
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

/** The fields that a draft stands for. Throws an `Error` that says what is wrong with it, and where. */
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

/** What a sample of ids would get. Throws an `Error` that says what is wrong with a definition that programs refuse. */
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
