import { KeyNotFound, NotDir } from "./code-errors.ts";
import { malformed } from "./errors.ts";
import type { KeysRequest } from "./keys-request.ts";
import type { Node } from "./node.ts";
import { randomName } from "../transport/random-name.ts";
import type { Got } from "./result.ts";

/**
 * Reads a key linearizably, sorted, with the index of the store at that moment: a watch from the next index misses
 * nothing.
 */
export type ReadNow = (
  key: string,
  how: { readonly recursive?: boolean; readonly signal: AbortSignal | undefined },
) => Promise<{ readonly node?: Node; readonly index: bigint }>;

export function createReadNow(request: KeysRequest): ReadNow {
  const read = async (key: string, { recursive = false, signal }: Parameters<ReadNow>[1]): Promise<Got> => {
    const fixed = { recursive, sorted: true, quorum: true };
    return request<Got>({ where: "get", method: "GET", key, fixed }, { signal }, {});
  };

  /**
   * The index of the store, from the error about a key that cannot exist. It is below `key`, so that the same right to
   * read is enough.
   */
  async function indexOfNothing(key: string, signal: AbortSignal | undefined): Promise<bigint> {
    try {
      await read(`${key}/_fetcd-nothing-${randomName()}`, { signal });
    } catch (error) {
      const nothing = error instanceof KeyNotFound || error instanceof NotDir;
      if (!nothing) throw error;
      if (error.index !== null) return error.index;
    }
    throw malformed("the index of the store", "not-applied");
  }

  return async (key, how) => {
    try {
      const { node, etcdIndex, etcdIndexFrom } = await read(key, how);
      if (etcdIndexFrom === "header") return { node, index: etcdIndex };
      // Without headers the index is that of an error. Read before, so that nothing is missed.
      const index = await indexOfNothing(key, how.signal);
      return { node: (await read(key, how)).node, index };
    } catch (error) {
      if (error instanceof KeyNotFound && error.index !== null) return { index: error.index };
      throw error;
    }
  };
}
