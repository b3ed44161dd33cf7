import { anything, boolean, type Kind } from "../transport/option-kinds.ts";
import { invalid, malformed, wrongKind } from "./errors.ts";
import type { KeysCall, KeysRequest } from "./keys-request.ts";
import type { DirectoryNode, Node, ValueNode } from "./node.ts";
import { type CallOptions, keyOptions } from "./client-options.ts";
import type { Index, ParamKinds } from "./params.ts";
import type { Acknowledged, Removed, Written, WrittenKind } from "./result.ts";

/** What every write of a key takes. */
export interface PutOptions extends CallOptions {
  /** Seconds until it expires. `null`: never, also where it did before. @default never */
  readonly ttl?: number | null | undefined;
  /** Answer with the index alone. @default false */
  readonly noValueOnSuccess?: boolean | undefined;
}

/** At least one of them is needed to compare. An empty `prevValue` etcd refuses. */
export interface Comparison {
  /** Only where this is the value. */
  readonly prevValue?: string | undefined;
  /** Only where this is the `modifiedIndex`. */
  readonly prevIndex?: Index | undefined;
}

/** Options of `set`. */
export interface SetOptions extends PutOptions, Comparison {
  /** `true`: only where the key exists; `false`: only where it does not. */
  readonly prevExist?: boolean | undefined;
  /** Make a directory, in place of a value. @default false */
  readonly dir?: boolean | undefined;
}

/** A directory, and so no value. */
export type DirOptions<O> = O & {
  /** A directory, and so no value. */
  readonly dir: true;
};
/** A value, and so no directory. */
export type ValueOptions<O> = O & {
  /** A value, and so no directory. */
  readonly dir?: false | undefined;
};
/** In place of a value where a directory is written. */
type NoValue = null | undefined;
/** A write whose answer is the index alone. */
type Brief = {
  /** Answer with the index alone. */
  readonly noValueOnSuccess: true;
};

/** Options of `delete`. */
export interface DeleteOptions extends CallOptions, Comparison {
  /** A directory that is empty. @default false */
  readonly dir?: boolean | undefined;
  /** A directory with all that is in it. @default false */
  readonly recursive?: boolean | undefined;
}

/** Every write tells by its error's `outcome` whether it was applied. One that may have been is not sent again. */
export interface WritesV2 {
  /** Writes, whatever was there; or on a condition, by which the result's `kind` goes. */
  set(key: string, value: string, options: ValueOptions<SetOptions> & Brief): Promise<Acknowledged>;
  /** Writes, whatever was there; or on a condition, by which the result's `kind` goes. */
  set(key: string, value: string, options?: ValueOptions<SetOptions>): Promise<Written<WrittenKind, ValueNode>>;
  /** Makes a directory. */
  set(key: string, value: NoValue, options: DirOptions<SetOptions>): Promise<Written<WrittenKind, DirectoryNode>>;
  /** Makes a directory. @throws `NodeExist` where there is something */
  mkdir(key: string, options?: Omit<PutOptions, "noValueOnSuccess">): Promise<Written<"created", DirectoryNode>>;
  /** Rejects with `NodeExist` where there is something. */
  create(key: string, value: string, options: ValueOptions<PutOptions> & Brief): Promise<Acknowledged<"created">>;
  /** Writes a value. @throws `NodeExist` where there is something */
  create(key: string, value: string, options?: ValueOptions<PutOptions>): Promise<Written<"created", ValueNode>>;
  /** Makes a directory. @throws `NodeExist` where there is something */
  create(key: string, value: NoValue, options: DirOptions<PutOptions>): Promise<Written<"created", DirectoryNode>>;
  /**
   * Writes over what is there; rejects with `KeyNotFound` where nothing is. A node in place of the key: only if nobody
   * has changed it since (`CompareFailed`), with the time to live that it has left unless `ttl` says otherwise; its
   * value is the one to write unless another is given. Of a directory only the time to live can change, which etcd 3.5
   * refuses.
   */
  update(key: string, value: string, options: ValueOptions<PutOptions> & Comparison & Brief): Promise<Acknowledged>;
  /** Writes over what is there. @throws `KeyNotFound` where nothing is */
  update(
    key: string,
    value: string,
    options?: ValueOptions<PutOptions> & Comparison,
  ): Promise<Written<WrittenKind, ValueNode>>;
  /** Changes the time to live of a directory, which etcd 3.5 refuses. @throws `KeyNotFound` where nothing is */
  update(key: string, value: NoValue, options: DirOptions<PutOptions>): Promise<Written<"updated", DirectoryNode>>;
  /**
   * Writes over the node if nobody has changed it since, with the time to live that it has left unless `ttl` says
   * otherwise. Rejects with `CompareFailed`.
   */
  update(node: ValueNode, value?: string, options?: PutOptions): Promise<Written<"comparedThenSwapped", ValueNode>>;
  /** Changes the time to live of a directory, which etcd 3.5 refuses. */
  update(node: DirectoryNode, value: NoValue, options: PutOptions): Promise<Written<"updated", DirectoryNode>>;
  /** Adds a child whose name is the next number, so that children are in the order of their creation. */
  append(
    dir: string,
    value: string,
    options?: ValueOptions<Omit<PutOptions, "noValueOnSuccess">>,
  ): Promise<Written<"created", ValueNode>>;
  /** Adds a directory whose name is the next number. */
  append(
    dir: string,
    value: NoValue,
    options: DirOptions<Omit<PutOptions, "noValueOnSuccess">>,
  ): Promise<Written<"created", DirectoryNode>>;
  /** A new time to live, in seconds, for the same value; watchers are not told. etcd 3.5 refuses it for a directory. */
  refresh(
    key: string,
    ttl: number,
    options?: CallOptions & Comparison & { readonly dir?: boolean | undefined },
  ): Promise<Written>;
  /** Writes where the value is `prevValue`; else rejects with `CompareFailed`. */
  testAndSet(
    key: string,
    prevValue: string,
    value: string,
    options?: PutOptions,
  ): Promise<Written<"comparedThenSwapped", ValueNode>>;
  /**
   * Writes where value and index are those of the comparison; rejects with `CompareFailed` where they are not. Answers
   * the index alone.
   */
  compareAndSwap(
    key: string,
    value: string,
    options: PutOptions & Comparison & Brief,
  ): Promise<Acknowledged<"comparedThenSwapped">>;
  /** Writes where value and index are those of the comparison; rejects with `CompareFailed` where they are not. */
  compareAndSwap(
    key: string,
    value: string,
    options: PutOptions & Comparison,
  ): Promise<Written<"comparedThenSwapped", ValueNode>>;
  /** Deletes where value and index are those of the comparison; rejects with `CompareFailed` where they are not. */
  compareAndDelete(key: string, options: CallOptions & Comparison): Promise<Removed<"comparedThenDeleted">>;
  /** A value; a directory only with `dir` or `recursive`. @throws `KeyNotFound` where there is none */
  delete(key: string, options?: DeleteOptions): Promise<Removed<"deleted" | "comparedThenDeleted">>;
  /** Deletes a value, and answers what it was. */
  pop(key: string, options?: CallOptions): Promise<ValueNode>;
}

const compareKinds: ParamKinds<Comparison> = { prevValue: anything, prevIndex: anything };
const putKinds: ParamKinds<PutOptions> = { ttl: anything, noValueOnSuccess: boolean };
const swapKinds: ParamKinds<PutOptions & Comparison> = { ...putKinds, ...compareKinds };
const setKinds: ParamKinds<SetOptions> = { ...swapKinds, prevExist: boolean, dir: boolean };
const deleteKinds: ParamKinds<DeleteOptions> = { ...compareKinds, dir: boolean, recursive: boolean };
const ttlKinds = { ttl: anything };
const dirKinds = { dir: boolean };

interface PutCall extends Omit<KeysCall, "method"> {
  readonly value: string | NoValue;
  /** @default "PUT" */
  readonly method?: "POST";
}

export function createWrites(request: KeysRequest): WritesV2 {
  const put = async (
    { value, fixed, ...call }: PutCall,
    given: SetOptions | undefined,
    kinds: Readonly<Record<string, Kind>>,
  ): Promise<never> =>
    request<never>({ method: "PUT", ...call, fixed: { ...fixed, value: value ?? undefined } }, given, kinds);

  /** With nothing to compare, etcd would write over or delete whatever is there. */
  function checkComparison(where: string, given: SetOptions | undefined, kinds: ParamKinds<Comparison>): void {
    const { prevValue, prevIndex } = keyOptions(where, given, kinds);
    if (prevValue === undefined && prevIndex === undefined) throw invalid(`${where}: expected prevValue or prevIndex`);
  }

  async function update(target: string | Node, value: string | NoValue, options?: SetOptions): Promise<never> {
    if (typeof target === "string") {
      return put({ where: "update", key: target, value, fixed: { prevExist: true } }, options, {
        ...swapKinds,
        ...dirKinds,
      });
    }
    if (typeof target !== "object" || target === null) throw wrongKind("update", "a key or a node", target);
    const { key, modifiedIndex, ttl } = target;
    const fixed = {
      prevExist: true,
      ttl: options?.ttl === undefined ? ttl : options.ttl,
      // etcd compares no index of a directory: "Not a file".
      ...(target.dir ? { dir: true } : { prevIndex: modifiedIndex }),
    };
    const own = target.dir ? value : (value ?? target.value);
    return put({ where: "update", key, value: own, fixed }, options, putKinds);
  }

  return {
    set: async (key: string, value: string | NoValue, options?: SetOptions) =>
      put({ where: "set", key, value }, options, setKinds),
    mkdir: async (key, options) =>
      put({ where: "mkdir", key, value: null, fixed: { dir: true, prevExist: false } }, options, ttlKinds),
    create: async (key: string, value: string | NoValue, options?: SetOptions) =>
      put({ where: "create", key, value, fixed: { prevExist: false } }, options, { ...putKinds, ...dirKinds }),
    update,
    append: async (dir: string, value: string | NoValue, options?: SetOptions) =>
      put({ where: "append", method: "POST", key: dir, value }, options, { ...ttlKinds, ...dirKinds }),
    refresh: async (key, ttl, options) =>
      request({ where: "refresh", method: "PUT", key, fixed: { ttl, refresh: true, prevExist: true } }, options, {
        ...compareKinds,
        ...dirKinds,
      }),
    testAndSet: async (key, prevValue, value, options) =>
      put({ where: "testAndSet", key, value, fixed: { prevValue } }, options, putKinds),
    async compareAndSwap(key: string, value: string, options?: SetOptions) {
      checkComparison("compareAndSwap", options, swapKinds);
      return put({ where: "compareAndSwap", key, value }, options, swapKinds);
    },
    async compareAndDelete(key, options) {
      checkComparison("compareAndDelete", options, compareKinds);
      return request({ where: "compareAndDelete", method: "DELETE", key }, options, compareKinds);
    },
    delete: async (key, options) => request({ where: "delete", method: "DELETE", key }, options, deleteKinds),
    async pop(key, options) {
      const { prevNode } = await request<Removed<"deleted">>({ where: "pop", method: "DELETE", key }, options, {});
      if (prevNode === null || prevNode.dir) {
        throw malformed("the deleted value", "applied");
      }
      return prevNode;
    },
  };
}
