import { join, relative } from "node:path";

/** What rolldown tells of a module, as far as it is asked for here. */
interface Modules {
  getModuleInfo(id: string): { readonly importers: readonly string[] } | null;
}

/** One of `output.codeSplitting.groups`: `name` is null for a module of another group. */
interface Group {
  readonly debugName: string;
  readonly name: (id: string, modules: Modules) => string | null;
  readonly priority: number;
}

// Node needs more than a millisecond for each file that it imports, however small. What the client is made of is
// therefore in few files, cut where an entry needs a part of it only: a chunk holds what its entries share with the client
// and no chunk before it holds. So a chunk imports none after it.
const cuts: readonly (readonly [chunk: string, entries: readonly string[]])[] = [
  ["basics", ["keyv", "unstorage", "node", "grpc-web", "v2"]],
  ["codec", ["memory"]],
  ["transport", ["transport"]],
  ["reads", ["flags"]],
  ["client", ["proxy"]],
];

/** The chunks of what the client, `src/index.ts`, is made of. Other modules are left to rolldown. */
export function clientChunks(src: string): Group[] {
  const known = new Map<string, ReadonlySet<string>>();
  const entryOf = (entry: string): string => join(src, entry, "index.ts");

  /** The module, those that import it, and those that import these. */
  function usersOf(id: string, modules: Modules): ReadonlySet<string> {
    const found = known.get(id);
    if (found !== undefined) return found;
    const users = new Set([id]);
    for (const user of users) for (const next of modules.getModuleInfo(user)?.importers ?? []) users.add(next);
    known.set(id, users);
    return users;
  }

  function chunkOf(id: string, modules: Modules): string | undefined {
    if (relative(src, id).startsWith("..")) return undefined;
    const users = usersOf(id, modules);
    if (!users.has(entryOf(""))) return undefined;
    return cuts.find(([, entries]) => entries.some((entry) => users.has(entryOf(entry))))?.[0];
  }

  return cuts.map(([chunk], i) => ({
    debugName: chunk,
    name: (id, modules) => (chunkOf(id, modules) === chunk ? chunk : null),
    // rolldown adds to a chunk what its modules import, unless a chunk of higher priority holds it.
    priority: cuts.length - i,
  }));
}
