import { compare, type Etcd, op } from "fetcd";
import { bytesOf, idOf } from "./key-id.ts";
import { losslessText } from "./value-form.ts";
import { type YamlTree, readYaml, writeYaml, type YamlNode } from "./yaml-tree.ts";

/** A key and its value in a file. */
export interface OutsideKey {
  readonly id: string;
  readonly value: Uint8Array<ArrayBuffer>;
}

export interface Compared extends OutsideKey {
  readonly kind: "new" | "changed" | "same";
  /** 0 for a key that did not exist. */
  readonly modRevision: bigint;
  readonly before: Uint8Array | undefined;
}

const utf8 = new TextEncoder();
const batchSize = 50;

/** Formats entries as `fetcd export` does: one key per line, with `keyBase64` or `valueBase64` for bytes that are not text. */
export function ndjsonOf(entries: readonly { readonly keyBytes: Uint8Array; readonly value: Uint8Array }[]): string {
  const field = (name: string, bytes: Uint8Array): object => {
    const text = losslessText(bytes);
    return text === undefined ? { [`${name}Base64`]: base64(bytes) } : { [name]: text };
  };
  return entries
    .map(({ keyBytes, value }) => `${JSON.stringify({ ...field("key", keyBytes), ...field("value", value) })}\n`)
    .join("");
}

type Entries = readonly { readonly keyBytes: Uint8Array; readonly value: Uint8Array }[];

/** Builds nested folders. Throws if a key or value is not text. */
function nested(entries: Entries): YamlTree {
  type Folder = Map<string, Folder | string>;
  const tree: Folder = new Map();
  for (const { keyBytes, value } of entries) {
    const [key, text] = [losslessText(keyBytes), losslessText(value)];
    if (key === undefined || text === undefined) throw new Error("Some of it is not text: export it as NDJSON.");
    const names = key.split("/");
    let folder = tree;
    for (const name of names.slice(0, -1)) {
      const inner = folder.get(`${name}/`);
      const next: Folder = inner instanceof Map ? inner : new Map();
      folder.set(`${name}/`, next);
      folder = next;
    }
    folder.set(names.at(-1) ?? "", text);
  }
  return tree;
}

/** Formats entries as one JSON object: folders are objects, values are strings. */
export function treeOf(entries: Entries): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value);
  return JSON.stringify(nested(entries), plain, 2);
}

export function yamlOf(entries: Entries): string {
  return writeYaml(nested(entries));
}

/** Parses YAML, also written by hand, with the parser of the editor. Throws an `Error` that names the line. */
export function readYamlTransfer(text: string, parse: (text: string) => YamlNode): OutsideKey[] {
  const pathsOf = (tree: YamlTree, path: string): OutsideKey[] =>
    [...tree].flatMap(([name, value]): OutsideKey[] => {
      if (typeof value !== "string") return pathsOf(value, path + name);
      if (path + name === "") throw new Error("There is a key without a name.");
      return [{ id: idOf(utf8.encode(path + name)), value: utf8.encode(value) }];
    });
  return pathsOf(readYaml(text, parse(text)), "");
}

/**
 * Parses what `ndjsonOf` or `treeOf` wrote. In a tree, a name that ends with a slash is a folder, a string is a value, and
 * anything else is a value as JSON. Throws an `Error` that names the invalid line.
 */
export function readTransfer(text: string): OutsideKey[] {
  const whole = objectIn(text);
  if (whole !== undefined && !("key" in whole) && !("keyBase64" in whole)) return readTree(whole, "");
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const fields = objectIn(line);
    if (fields === undefined) throw new Error(`Line ${i + 1} is not a JSON object.`);
    const key = bytesIn(fields, "key", i);
    if (key.length === 0) throw new Error(`Line ${i + 1}: the key is empty.`);
    return [{ id: idOf(key), value: bytesIn(fields, "value", i) }];
  });
}

function readTree(folder: object, path: string): OutsideKey[] {
  return Object.entries(folder).flatMap(([name, value]: [string, unknown]): OutsideKey[] => {
    if (name.endsWith("/") && typeof value === "object" && value !== null && !Array.isArray(value)) {
      return readTree(value, path + name);
    }
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (path + name === "") throw new Error("There is a key without a name.");
    return [{ id: idOf(utf8.encode(path + name)), value: utf8.encode(text) }];
  });
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function bytesIn(fields: Readonly<Record<string, unknown>>, name: string, line: number): Uint8Array<ArrayBuffer> {
  const { [name]: text, [`${name}Base64`]: coded } = fields;
  if (typeof text === "string" && coded === undefined) return utf8.encode(text);
  if (typeof coded === "string" && text === undefined) {
    try {
      return new Uint8Array(bytesOf(atob(coded)));
    } catch {
      throw new Error(`Line ${line + 1}: ${name}Base64 is not base64.`);
    }
  }
  throw new Error(`Line ${line + 1}: expected one of ${name} and ${name}Base64.`);
}

/** Finds out what an import would change. */
export async function compared(etcd: Etcd, given: readonly OutsideKey[], signal: AbortSignal): Promise<Compared[]> {
  const result: Compared[] = [];
  for (const each of given) {
    const entry = await etcd.get(bytesOf(each.id), { signal });
    const same = entry !== null && idOf(entry.value) === idOf(each.value);
    const kind = entry === null ? "new" : same ? "same" : "changed";
    result.push({ ...each, kind, modRevision: entry?.modRevision ?? 0n, before: entry?.value });
  }
  return result;
}

/** Writes new and changed keys, each only if nobody wrote it since it was compared. Resolves with the skipped keys. */
export async function importAll(etcd: Etcd, plan: readonly Compared[], signal: AbortSignal): Promise<string[]> {
  const skipped: string[] = [];
  const writes = plan.filter(({ kind }) => kind !== "same");
  const commit = async (keys: readonly Compared[]): Promise<boolean> =>
    (
      await etcd.txn(
        {
          if: keys.map(({ id, modRevision }) => compare.modRevision(bytesOf(id), "=", modRevision)),
          then: keys.map(({ id, value }) => op.put(bytesOf(id), value)),
        },
        { signal },
      )
    ).succeeded;
  for (let at = 0; at < writes.length; at += batchSize) {
    const batch = writes.slice(at, at + batchSize);
    if (await commit(batch)) continue;
    for (const one of batch) if (!(await commit([one]))) skipped.push(one.id);
  }
  return skipped;
}

function base64(bytes: Uint8Array): string {
  return btoa(idOf(bytes));
}
