import { MalformedResponse } from "./errors.ts";
import { isObject, toIndex } from "./json.ts";
import { readable } from "./readable.ts";

export interface NodeFacts {
  /** From the root, such as "/app/color". */
  readonly key: string;
  /** The index of the last change; for a directory of its creation or its time to live. */
  readonly modifiedIndex: bigint;
  readonly createdIndex: bigint;
  /** Seconds left when etcd answered; absent where it never expires. */
  readonly ttl?: number;
  readonly expiration?: Date;
  /** For logs: `/app/color = "green" (index 7)`, or `/app[2] (index 5)` for a directory. */
  toString(): string;
}

export interface ValueNode extends NodeFacts {
  readonly dir: false;
  readonly value: string;
  /** Itself, so that a tree can be walked without asking what its root is. */
  leaves(): ValueNode[];
}

export interface DirectoryNode extends NodeFacts {
  readonly dir: true;
  readonly value?: undefined;
  /** Of a read one level, or with `recursive` all of them; else empty. Keys that begin with `_` are not listed. */
  readonly children: readonly Node[];
  /** All values below, in order. */
  leaves(): ValueNode[];
}

/** A value or a directory: `dir` tells. */
export type Node = ValueNode | DirectoryNode;

/** What is left of a key that is gone; what was there is the result's `prevNode`. */
export interface RemovedNode extends NodeFacts {
  readonly dir: boolean;
  readonly value?: undefined;
}

/** Reads a node of etcd's JSON. Throws `MalformedResponse` if it is none. */
export function nodeOf(json: unknown): Node {
  const facts = factsOf(json);
  const { dir, value, nodes } = json as { dir?: unknown; value?: unknown; nodes?: unknown };
  if (dir === true) {
    const children = (Array.isArray(nodes) ? nodes : []).map(nodeOf);
    return readable<DirectoryNode, "leaves">(
      { ...facts, dir, children },
      { leaves: () => leavesOf(children) },
      () => `${facts.key}[${children.length}]${tail(facts)}`,
    );
  }
  if (typeof value !== "string") throw malformed("a node with a value");
  const node: ValueNode = readable<ValueNode, "leaves">(
    { ...facts, dir: false, value },
    { leaves: () => [node] },
    () => `${facts.key} = ${short(value)}${tail(facts)}`,
  );
  return node;
}

export function removedNodeOf(json: unknown): RemovedNode {
  return removedNode({ ...factsOf(json), dir: (json as { dir?: unknown }).dir === true });
}

export function removedNode(node: RemovedNode): RemovedNode {
  return readable(node, {}, () => `${node.key}${tail(node)}`);
}

function factsOf(json: unknown): NodeFacts {
  if (!isObject(json)) throw malformed("a node");
  // The root has no key.
  const { key = "/", ttl, expiration } = json;
  const modifiedIndex = toIndex(json["modifiedIndex"] ?? 0);
  const createdIndex = toIndex(json["createdIndex"] ?? 0);
  if (typeof key !== "string" || modifiedIndex === undefined || createdIndex === undefined) {
    throw malformed("a node with a key and indexes");
  }
  return {
    key,
    modifiedIndex,
    createdIndex,
    ...(typeof ttl === "number" && { ttl }),
    ...(typeof expiration === "string" && { expiration: new Date(expiration) }),
  };
}

function leavesOf(nodes: readonly Node[]): ValueNode[] {
  return nodes.flatMap((node) => node.leaves());
}

function tail({ modifiedIndex, ttl }: NodeFacts): string {
  return ` (index ${modifiedIndex}${ttl === undefined ? "" : `, ttl ${ttl} s`})`;
}

function short(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}

function malformed(expected: string): MalformedResponse {
  return new MalformedResponse(`expected ${expected} in the answer`, { outcome: "unknown" });
}
