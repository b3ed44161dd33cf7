import type { Held } from "./run-broken-request.ts";
import type { Truth } from "./truth.ts";

type Json = Readonly<Record<string, unknown>>;

/** What v2 has under a key, a directory with all below it. */
export async function nodeV2(truth: Truth, key: string): Promise<Json | undefined> {
  return (await truth.get(`/v2/keys/${key}?recursive=true&quorum=true`))["node"] as Json | undefined;
}

export async function valueV2(truth: Truth, key: string): Promise<string | undefined> {
  return (await nodeV2(truth, key))?.["value"] as string | undefined;
}

export async function childrenV2(truth: Truth, key: string): Promise<Json[]> {
  return ((await nodeV2(truth, key))?.["nodes"] ?? []) as Json[];
}

/** The keys of an operation, and its waiters in the queues of locks and elections. */
export async function heldV2(truth: Truth, id: string): Promise<Held> {
  const nodes = await Promise.all([id, `_locks/${id}`, `_elections/${id}`].map((key) => nodeV2(truth, key)));
  return { keys: nodes.flatMap((node) => (node === undefined ? [] : leavesOf(node))), leases: [] };
}

/** A queue without waiters is a directory that stays. */
function leavesOf(node: Json): string[] {
  const below = ((node["nodes"] ?? []) as Json[]).flatMap(leavesOf);
  return node["dir"] === true ? below : [String(node["key"])];
}
