import { boolean } from "../transport/option-kinds.ts";
import type { ParamKinds } from "./params.ts";
import { NotDir, KeyNotFound } from "./code-errors.ts";
import { cleanKey } from "./key-path.ts";
import type { KeysRequest } from "./keys-request.ts";
import type { Node } from "./node.ts";
import type { CallOptions } from "./client-options.ts";
import type { Got } from "./result.ts";

/** Options of `get`. */
export interface GetOptions extends CallOptions {
  /** All levels below a directory. @default false */
  readonly recursive?: boolean | undefined;
  /** The children in the order of their keys. @default false */
  readonly sorted?: boolean | undefined;
  /** Ask the cluster, not only the member that answers, which may lag behind. @default false, as in etcd */
  readonly quorum?: boolean | undefined;
}

/** Calls that read keys. */
export interface ReadsV2 {
  /** A value or a directory. @throws `KeyNotFound` where there is none */
  get(key: string, options?: GetOptions): Promise<Got>;
  /** Whether there is a value or a directory. */
  has(key: string, options?: Pick<GetOptions, "quorum" | keyof CallOptions>): Promise<boolean>;
  /** The children of a directory, sorted, one level. @throws `NotDir` for a value */
  list(path: string, options?: Pick<GetOptions, "quorum" | keyof CallOptions>): Promise<readonly Node[]>;
  /** All values below a directory, by their keys from the root on; of a value itself. Hidden keys are left out. */
  getRecursive(path: string, options?: Pick<GetOptions, "quorum" | keyof CallOptions>): Promise<Map<string, string>>;
}

const getKinds: ParamKinds<GetOptions> = { recursive: boolean, sorted: boolean, quorum: boolean };
const quorumKinds: ParamKinds<Pick<GetOptions, "quorum">> = { quorum: boolean };

export function createReads(request: KeysRequest): ReadsV2 {
  return {
    get: async (key, options) => request<Got>({ where: "get", method: "GET", key }, options, getKinds),
    async has(key, options) {
      try {
        await request({ where: "has", method: "GET", key }, options, quorumKinds);
        return true;
      } catch (error) {
        if (error instanceof KeyNotFound) return false;
        throw error;
      }
    },
    async list(path, options) {
      const call = { where: "list", method: "GET", key: path, fixed: { sorted: true } } as const;
      const { node, etcdIndex } = await request<Got>(call, options, quorumKinds);
      if (node.dir) return node.children;
      const cause = cleanKey(path);
      throw new NotDir(`Not a directory: ${cause}`, { outcome: "not-applied", code: 104, index: etcdIndex, cause });
    },
    async getRecursive(path, options) {
      const fixed = { recursive: true, sorted: true };
      const call = { where: "getRecursive", method: "GET", key: path, fixed } as const;
      const { node } = await request<Got>(call, options, quorumKinds);
      return new Map(node.leaves().map(({ key, value }) => [key, value]));
    },
  };
}
