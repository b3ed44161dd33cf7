import { type JsonFields, toIndex } from "./json.ts";
import { type Node, nodeOf, type RemovedNode, removedNode, removedNodeOf } from "./node.ts";
import { readable } from "./readable.ts";
import type { Answer } from "./requester.ts";
import { answerFields, notAsEtcd } from "./service.ts";
import { isRecord } from "../transport/platform.ts";

/** The indexes that come with every answer. */
export interface Indexes {
  /** The index of the store at this answer. */
  readonly etcdIndex: bigint;
  /**
   * Where `etcdIndex` comes from. Pages of another origin cannot read etcd's headers: there it is the node's
   * `modifiedIndex`, which may be older, or `0n` where the answer has no node (`noValueOnSuccess`).
   */
  readonly etcdIndexFrom: "header" | "node";
  /** `null` where the header cannot be read, as the next one. */
  readonly raftIndex: bigint | null;
  /** The Raft term; `null` where the header cannot be read. */
  readonly raftTerm: bigint | null;
}

/** Events that a watch missed since etcd no longer had them: those from `from` to `to`, both included. */
export interface Gap {
  /** The first index that may be missing. */
  readonly from: bigint;
  /** The last index that may be missing. */
  readonly to: bigint;
}

/** What was read. From a watch: what is there after a `gap`. */
export interface Got<N extends Node = Node> extends Indexes {
  /** A read, or what a watch found after a `gap`. */
  readonly kind: "got";
  /** What is there. */
  readonly node: N;
  /** Always `null`: nothing was replaced. */
  readonly prevNode: null;
  /** Of a watch: the events it missed. */
  readonly gap?: Gap;
}

/** How a key was written. */
export type WrittenKind = "set" | "created" | "updated" | "comparedThenSwapped";

/** A key that was written. */
export interface Written<K extends WrittenKind = WrittenKind, N extends Node = Node> extends Indexes {
  /** What was done. */
  readonly kind: K;
  /** What is there now. */
  readonly node: N;
  /** What was there before; `null` if nothing was. */
  readonly prevNode: Node | null;
}

/** A write with `noValueOnSuccess`: etcd tells that it was done, and the index. */
export interface Acknowledged<K extends WrittenKind = WrittenKind> extends Indexes {
  /** What was done. */
  readonly kind: K;
  /** Always `null`: etcd did not send it. */
  readonly node: null;
  /** Always `null`: etcd did not send it. */
  readonly prevNode: null;
}

/** How a key went: deleted, expired, or deleted on a condition. */
export type RemovedKind = "deleted" | "expired" | "comparedThenDeleted";

/** A key that was deleted or has expired. */
export interface Removed<K extends RemovedKind = RemovedKind> extends Indexes {
  /** How it went. */
  readonly kind: K;
  /** What is left of it: its key and indexes. */
  readonly node: RemovedNode;
  /** What was there; `null` after a `gap` of a watch, where nobody knows. */
  readonly prevNode: Node | null;
  /** Of a watch: the events it missed. */
  readonly gap?: Gap;
}

/** What a call did, or a watch saw: `kind` tells. */
export type Result =
  | Got
  | Written<"set">
  | Written<"created">
  | Written<"updated">
  | Written<"comparedThenSwapped">
  | Removed<"deleted">
  | Removed<"expired">
  | Removed<"comparedThenDeleted">;

const kinds: ReadonlyMap<unknown, Result["kind"]> = new Map<unknown, Result["kind"]>([
  ["get", "got"],
  ["set", "set"],
  ["create", "created"],
  ["update", "updated"],
  ["delete", "deleted"],
  ["expire", "expired"],
  ["compareAndSwap", "comparedThenSwapped"],
  ["compareAndDelete", "comparedThenDeleted"],
]);

const removals: ReadonlySet<unknown> = new Set<RemovedKind>(["deleted", "expired", "comparedThenDeleted"]);

/** What the answer to a request has to be. */
export interface ExpectedAnswer {
  readonly kinds: ReadonlySet<Result["kind"]>;
  /** Asked for with `noValueOnSuccess`: an answer without a node is as good. */
  readonly brief?: boolean;
  /** Whether the node is a directory. */
  readonly dir?: boolean | undefined;
}

/** What etcd answers to a request of `/keys`, by its method. */
export const expectedKinds: Readonly<Record<"GET" | "PUT" | "POST" | "DELETE", ReadonlySet<Result["kind"]>>> = {
  GET: new Set(["got"]),
  PUT: new Set(["set", "created", "updated", "comparedThenSwapped"]),
  POST: new Set(["created"]),
  DELETE: new Set(["deleted", "comparedThenDeleted"]),
};

/** What a watch may report. */
export const anyChange: ReadonlySet<Result["kind"]> = new Set([...kinds.values()].filter((kind) => kind !== "got"));

/** Reads the answer of `/keys`. Throws `MalformedResponse` if it is not one of etcd's, or answers another request. */
export function resultOf(answer: Answer, expected: ExpectedAnswer): Result | Acknowledged {
  const json = answerFields(answer);
  const kind = kinds.get(json["action"]);
  if (kind === undefined || !expected.kinds.has(kind)) throw notAsEtcd(answer.endpoint);
  if (json["node"] === undefined && expected.brief === true) {
    const bare = { kind, node: null, prevNode: null, ...indexesOf(answer, json) };
    return readable(bare as Acknowledged, {}, () => kind);
  }
  const removed = removals.has(kind);
  const node = removed ? removedNodeOf(json["node"]) : nodeOf(json["node"]);
  const prevNode = isRecord(json["prevNode"]) ? nodeOf(json["prevNode"]) : null;
  if (expected.dir !== undefined && node.dir !== expected.dir) throw notAsEtcd(answer.endpoint);
  return named({ kind, node, prevNode, ...indexesOf(answer, json) } as Result);
}

/** What a watch reports after it missed events; `node`: what is there now, `undefined` for nothing. */
export function gapResult(gap: Gap, key: string, node: Node | undefined): Result {
  const indexes: Indexes = { etcdIndex: gap.to, etcdIndexFrom: "header", raftIndex: null, raftTerm: null };
  if (node !== undefined) return named({ kind: "got", node, prevNode: null, gap, ...indexes });
  const gone = removedNode({ key, dir: false, modifiedIndex: gap.to, createdIndex: 0n });
  return named({ kind: "deleted", node: gone, prevNode: null, gap, ...indexes });
}

function indexesOf({ response: { headers } }: Answer, json: JsonFields): Indexes {
  const header = (name: string): bigint | undefined => toIndex(headers.get(name) ?? undefined);
  const etcdIndex = header("x-etcd-index");
  const node = json["node"];
  return {
    etcdIndex: etcdIndex ?? toIndex(isRecord(node) ? node["modifiedIndex"] : undefined) ?? 0n,
    etcdIndexFrom: etcdIndex === undefined ? "node" : "header",
    raftIndex: header("x-raft-index") ?? null,
    raftTerm: header("x-raft-term") ?? null,
  };
}

function named(result: Result): Result {
  const { kind, node, prevNode }: Result = result;
  return readable<Result>(result, {}, () =>
    [`${kind} ${node.toString()}`, ...(prevNode === null ? [] : [prevNode.toString()])].join(", was "),
  );
}
