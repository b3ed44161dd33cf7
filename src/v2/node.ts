import { malformed } from "./errors.ts";
import { type JsonFields, toIndex } from "./json.ts";
import { readable } from "./readable.ts";
import { isRecord } from "../transport/platform.ts";

/** What is known of every node. */
export interface NodeFacts {
  /** From the root, such as "/app/color". */
  readonly key: string;
  /** The index of the last change; for a directory of its creation or its time to live. */
  readonly modifiedIndex: bigint;
  /** The index of its creation. */
  readonly createdIndex: bigint;
  /** Seconds left when etcd answered; absent where it never expires. */
  readonly ttl?: number;
  /** When it expires, by etcd's clock; absent where it never does. */
  readonly expiration?: Date;
  /** For logs: `/app/color = "green" (index 7)`, or `/app[2] (index 5)` for a directory. */
  toString(): string;
}

/** A key with a value. */
export interface ValueNode extends NodeFacts {
  /** It is not a directory. */
  readonly dir: false;
  /** The value. */
  readonly value: string;
  /** Itself, so that a tree can be walked without asking what its root is. */
  leaves(): ValueNode[];
}

/** A directory, with what was read of it. */
export interface DirectoryNode extends NodeFacts {
  /** It is a directory. */
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
  /** Whether it was a directory. */
  readonly dir: boolean;
  readonly value?: undefined;
}

/** Deeper than any tree that somebody keeps by hand; keeps a hostile answer from exhausting the stack. */
const maxDepth = 500;

/** Reads a node of etcd's JSON. Throws `MalformedResponse` for anything else. */
export function nodeOf(json: unknown, depth = 0): Node {
  if (depth > maxDepth) throw malformed(`at most ${maxDepth} levels of directories`);
  const fields = fieldsOf(json);
  const facts = factsOf(fields, depth);
  const { dir, value, nodes } = fields;
  if (dir === true) {
    if (nodes !== undefined && nodes !== null && !Array.isArray(nodes)) throw malformed("an array of nodes");
    const children = (nodes ?? []).map((each: unknown) => nodeOf(each, depth + 1));
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
  const fields = fieldsOf(json);
  return removedNode({ ...factsOf(fields), dir: fields["dir"] === true });
}

export function removedNode(node: RemovedNode): RemovedNode {
  return readable(node, {}, () => `${node.key}${tail(node)}`);
}

function fieldsOf(json: unknown): JsonFields {
  if (isRecord(json)) return json;
  throw malformed("a node");
}

function factsOf(json: JsonFields, depth = 0): NodeFacts {
  // The root has no key, and is nobody's child.
  const { key = depth === 0 ? "/" : undefined, ttl, expiration } = json;
  const modifiedIndex = toIndex(json["modifiedIndex"] ?? 0);
  const createdIndex = toIndex(json["createdIndex"] ?? 0);
  if (typeof key !== "string" || modifiedIndex === undefined || createdIndex === undefined) {
    throw malformed("a node with a key and indexes");
  }
  const expires = typeof expiration === "string" ? new Date(expiration) : undefined;
  if (expires !== undefined && Number.isNaN(expires.getTime())) throw malformed("a time as expiration");
  return {
    key,
    modifiedIndex,
    createdIndex,
    ...(typeof ttl === "number" && { ttl }),
    ...(expires !== undefined && { expiration: expires }),
  };
}

/** Each node once: to ask each level for its leaves would copy those of the lowest for every level above. */
function leavesOf(nodes: readonly Node[], leaves: ValueNode[] = []): ValueNode[] {
  for (const node of nodes) {
    if (node.dir) leavesOf(node.children, leaves);
    else leaves.push(node);
  }
  return leaves;
}

function tail({ modifiedIndex, ttl }: NodeFacts): string {
  return ` (index ${modifiedIndex}${ttl === undefined ? "" : `, ttl ${ttl} s`})`;
}

function short(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}
