import { Permission_Type } from "../../gen/enums.ts";
import type { Permission as WirePermission } from "../../gen/authpb/auth_pb.ts";
import { withJson } from "../json-form.ts";
import {
  compareBytes,
  decodeText,
  type Key,
  keyAfter,
  type KeyRange,
  prefixEnd,
  type Selector,
  zeroByte,
} from "../keys.ts";

// What a role allows, and what several roles allow together, as pure functions.

/** What a permission allows. */
export type PermissionType = "read" | "write" | "readwrite";

/** Keys here are those of the whole cluster: roles belong to it, whatever the client's namespace. */
export interface Permission {
  /** What it allows: read, write, or both. */
  readonly permission: PermissionType;
  /** The key, or the first key of the range, that it is for. */
  readonly key: Uint8Array;
  /** Empty: just `key`. One zero byte: all from `key` on. */
  readonly rangeEnd: Uint8Array;
  /** The same range in words, with text where the keys are text. */
  readonly selector: Selector;
}

const types: readonly PermissionType[] = ["read", "write", "readwrite"];

export const wireTypes: Record<PermissionType, WirePermission["permType"]> = {
  read: Permission_Type.READ,
  write: Permission_Type.WRITE,
  readwrite: Permission_Type.READWRITE,
};

/** What the root role allows, and everybody while auth is off. */
export function everything(): Permission {
  return permissionOf("readwrite", { key: zeroByte.slice(), rangeEnd: zeroByte.slice() });
}

function permissionOf(permission: PermissionType, { key, rangeEnd }: KeyRange): Permission {
  return withJson({ permission, key, rangeEnd, selector: selectorOf({ key, rangeEnd }) });
}

/** Nothing for a permission of a kind that only a newer server knows. */
export function permissionsOf(perm: readonly WirePermission[]): Permission[] {
  return perm.flatMap(({ permType, key, rangeEnd }) => {
    const permission = types.find((type) => wireTypes[type] === permType);
    return permission === undefined ? [] : [permissionOf(permission, { key, rangeEnd })];
  });
}

/**
 * Whether `permissions` together allow reading or writing all of a range, as etcd decides it: ranges that overlap or
 * touch count as one.
 */
export function allows(permissions: readonly Permission[], what: "read" | "write", range: KeyRange): boolean {
  const wanted = spanOf(range);
  const spans = permissions
    .filter(({ permission }) => permission === "readwrite" || permission === what)
    .map(spanOf)
    .sort((a, b) => compareBytes(a.start, b.start));
  let reached = wanted.start;
  for (const { start, end } of spans) {
    if (compareBytes(start, reached) > 0) break;
    if (end === undefined) return true;
    if (compareBytes(end, reached) > 0) reached = end;
  }
  return wanted.end !== undefined && compareBytes(reached, wanted.end) >= 0;
}

/** From `start` up to `end`, which is not part of it; without `end`, all from `start` on. */
interface Span {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

function spanOf({ key, rangeEnd }: KeyRange): Span {
  if (rangeEnd.length === 0) return { start: key, end: keyAfter(key) };
  return { start: key, end: isOpen(rangeEnd) ? undefined : rangeEnd };
}

function isOpen(rangeEnd: Uint8Array): boolean {
  return compareBytes(rangeEnd, zeroByte) === 0;
}

/** The root role's range starts at the empty key, which no key is. */
function selectorOf({ key, rangeEnd }: KeyRange): Selector {
  if (rangeEnd.length === 0) return readable(key);
  const first = key.length === 0 ? zeroByte : key;
  if (isOpen(rangeEnd)) return compareBytes(first, zeroByte) === 0 ? { all: true } : { from: readable(first) };
  if (compareBytes(prefixEnd(first), rangeEnd) === 0) return { prefix: readable(first) };
  return { from: readable(first), to: readable(rangeEnd) };
}

function readable(key: Uint8Array): Key {
  try {
    return decodeText(key, "the key");
  } catch {
    return key;
  }
}
