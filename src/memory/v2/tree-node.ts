import { compareBytes } from "../store/comparators.ts";
import type { Timer } from "../server-clock.ts";

/** A file or a directory of the tree. */
export interface TreeNode {
  /** Such as "/1/a": what users call "/a" is below "/1". */
  readonly path: string;
  readonly parent: TreeNode | undefined;
  /** `undefined` for a file. */
  readonly children: Map<string, TreeNode> | undefined;
  readonly createdIndex: number;
  modifiedIndex: number;
  /** "" for a directory. */
  value: string;
  /** Milliseconds since 1970; `undefined` for a node that stays. */
  expires: number | undefined;
  timer: Timer | undefined;
}

/** A node as it was at one moment. */
export interface NodeView {
  readonly key: string;
  readonly value?: string;
  readonly dir?: true;
  readonly expires?: number;
  /** The seconds left then. */
  readonly ttl?: number;
  readonly nodes?: readonly NodeView[];
  readonly modifiedIndex: number;
  readonly createdIndex: number;
}

/** A change, or what was read. */
export interface V2Event {
  readonly action: string;
  readonly node: NodeView;
  readonly prevNode?: NodeView | undefined;
  /** The index of the store right after it. */
  readonly etcdIndex: number;
  /** Whether only the TTL is new: watches are not told of that. */
  readonly refresh: boolean;
}

/** How deep a view goes: a directory by itself, with its children, with all below. */
export type Depth = "self" | "children" | "all";

/** How a node is shown. */
interface View {
  /** @default "self" */
  readonly depth?: Depth;
  /** Its children by name. @default false */
  readonly sorted?: boolean | undefined;
}

const utf8 = new TextEncoder();

/** `now`: milliseconds since 1970. */
export function viewOf(node: TreeNode, now: number, { depth = "self", sorted = false }: View = {}): NodeView {
  const { path: key, children, modifiedIndex, createdIndex, value } = node;
  const time = timesOf(node, now);
  if (children === undefined) return { key, value, ...time, modifiedIndex, createdIndex };
  if (depth === "self") return { key, dir: true, ...time, modifiedIndex, createdIndex };
  const below = depth === "all" ? "all" : "self";
  const nodes = [...children].filter(([name]) => !name.startsWith("_"));
  if (sorted) nodes.sort(([a], [b]) => compareBytes(utf8.encode(a), utf8.encode(b)));
  const views = nodes.map(([, child]) => viewOf(child, now, { depth: below, sorted }));
  return { key, dir: true, ...time, nodes: views, modifiedIndex, createdIndex };
}

/** When the node ends, as a view says it; nothing for one that stays. */
export function timesOf({ expires }: TreeNode, now: number): Pick<NodeView, "expires" | "ttl"> {
  if (expires === undefined) return {};
  const left = expires - now;
  return { expires, ttl: left > 0 ? Math.ceil(left / 1000) : Math.trunc(left / 1000) };
}
