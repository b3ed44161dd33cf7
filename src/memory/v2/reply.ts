import type { NodeView, V2Event } from "./tree-node.ts";
import type { V2Error } from "./v2-error.ts";

/** An answer that is there at once. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { "content-type": "application/json" };
const plain = { "content-type": "text/plain; charset=utf-8" };

export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { ...json, ...headers }, body: `${goJson(body)}\n` };
}

/** A refusal outside of the keys, which has no number. */
export function messageReply(status: number, message: string): Reply {
  return { status, headers: json, body: goJson({ message }) };
}

export function textReply(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const guard = status === 200 ? {} : { "x-content-type-options": "nosniff" };
  return { status, headers: { ...plain, ...guard, ...headers }, body };
}

export const notFound: Reply = textReply(404, "404 page not found\n");

/** The answer to a method that is not one of those; `undefined` if it is. */
export function methodFault(method: string, ...allowed: readonly string[]): Reply | undefined {
  if (allowed.includes(method)) return undefined;
  return textReply(405, "Method Not Allowed\n", { allow: allowed.join(",") });
}

export function errorReply({ errorCode, message, reason, index, status }: V2Error): Reply {
  const cause = withoutPrefix(reason);
  const body = { errorCode, message, ...(cause === "" ? {} : { cause }), index };
  return jsonReply(status, body, { "x-etcd-index": String(index) });
}

/** An event as its JSON. `bare`: without the nodes. */
export function eventBody({ action, node, prevNode }: V2Event, bare = false): string {
  const nodes = { node: outside(node), ...(prevNode === undefined ? {} : { prevNode: outside(prevNode) }) };
  return `${goJson(bare ? { action } : { action, ...nodes })}\n`;
}

/** A node as users see it: zeros, empty texts of keys and empty lists are left out. */
function outside({ key, value, dir, expires, ttl = 0, nodes = [], modifiedIndex, createdIndex }: NodeView): unknown {
  const name = withoutPrefix(key);
  return {
    ...(name === "" ? {} : { key: name }),
    ...(value === undefined ? {} : { value }),
    ...(dir === undefined ? {} : { dir }),
    ...(expires === undefined ? {} : { expiration: new Date(expires).toISOString() }),
    ...(ttl === 0 ? {} : { ttl }),
    ...(nodes.length === 0 ? {} : { nodes: nodes.map(outside) }),
    ...(modifiedIndex === 0 ? {} : { modifiedIndex }),
    ...(createdIndex === 0 ? {} : { createdIndex }),
  };
}

function withoutPrefix(path: string): string {
  return path.startsWith("/1") ? path.slice(2) : path;
}

/** As Go writes it, which keeps JSON harmless inside of HTML. */
function goJson(value: unknown): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, escaped);
}
