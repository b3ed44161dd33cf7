import type { Entry, Etcd } from "fetcd";

/** A flag as it is stored: `definition` is `undefined` for a plain value. */
export interface StoredFlag {
  readonly name: string;
  readonly entry: Entry;
  readonly definition: Readonly<Record<string, unknown>> | undefined;
}

const mostFlags = 1_000;

/** Reads the flags below a prefix. Names that begin with `$` are not flags: they hold what flags share. */
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

const signed = /^(.*) \(version (\d+)\)$/;

/**
 * Who wrote the flag last, if its metadata says so: etcd does not record it. A name with a version counts
 * only for that version, since other programs change a flag without changing the name.
 */
export function changedBy({ definition, entry }: StoredFlag): string {
  const by = metadataOf(definition)["changedBy"];
  if (typeof by !== "string") return "";
  const [, name = by, version = String(entry.version)] = signed.exec(by) ?? [];
  return version === String(entry.version) ? `, by ${name}` : "";
}

/** Metadata that records who changes the flag now; without a user name it records nothing. */
export function changedNowBy(username: string | undefined, { definition, entry }: StoredFlag): object {
  if (username === undefined) return {};
  const changedBy = `${username} (version ${entry.version + 1n})`;
  return { metadata: { ...metadataOf(definition), changedBy } };
}

function metadataOf(definition: StoredFlag["definition"]): Readonly<Record<string, unknown>> {
  const metadata = definition?.["metadata"];
  return typeof metadata === "object" && metadata !== null ? { ...metadata } : {};
}
