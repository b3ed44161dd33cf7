import type { Entry, Etcd } from "fetcd";

/** A flag as it is stored: `definition` is undefined for a plain value. */
export interface StoredFlag {
  readonly name: string;
  readonly entry: Entry;
  readonly definition: Readonly<Record<string, unknown>> | undefined;
}

const mostFlags = 1_000;

/** The flags below a prefix. Names that begin with `$` are for what flags share. */
export async function readFlags(etcd: Etcd, prefix: string, signal: AbortSignal): Promise<StoredFlag[]> {
  const { entries } = await etcd.range({ prefix }, { limit: mostFlags, signal });
  return entries
    .filter(({ key }) => !key.slice(prefix.length).startsWith("$"))
    .map((entry) => ({ name: entry.key.slice(prefix.length), entry, definition: definitionOf(entry) }));
}

function definitionOf(entry: Entry): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = entry.json();
    if (typeof json !== "object" || json === null || !("state" in json) || !("variants" in json)) return undefined;
    return { ...json };
  } catch {
    return undefined;
  }
}

/** Who wrote it last, where the metadata says so: etcd does not keep it. */
export function changedBy(definition: Readonly<Record<string, unknown>> | undefined): string {
  const metadata = definition?.["metadata"];
  const by: unknown =
    typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "changedBy") : undefined;
  return typeof by === "string" ? `, by ${by}` : "";
}
