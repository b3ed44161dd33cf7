import { invalid, wrongKind } from "./errors.ts";
import { loneSurrogate } from "../transport/codec/lone-surrogate.ts";

/** A dot or two, also as they look when a proxy on the way has not decoded them yet: URLs resolve these. */
export const dots: RegExp = /^(?:\.|%2e){1,2}$/i;

/**
 * The path of a key below `/keys`, with every segment encoded: "a b/c?" is "/a%20b/c%3F". As for etcd, slashes at the
 * ends and double ones do not count. Throws `InvalidArgument` for segments that a URL cannot carry.
 */
export function keyPath(key: string): string {
  return segments(key)
    .map((segment) => `/${encodeURIComponent(segment)}`)
    .join("");
}

/** The key as etcd writes it: "/a/b", or "/" for the root. */
export function cleanKey(key: string): string {
  return `/${segments(key).join("/")}`;
}

function segments(key: unknown): string[] {
  const parts = checkText(key, "key")
    .split("/")
    .filter((segment) => segment !== "");
  if (parts.some((segment) => dots.test(segment))) {
    throw invalid('key: expected no segment "." or "..", which would lead to another key');
  }
  return parts;
}

/** Text that survives the way to etcd. */
export function checkText(value: unknown, what: string): string {
  if (typeof value !== "string") throw wrongKind(what, "a string", value);
  if (loneSurrogate.test(value)) throw invalid(`${what}: not well-formed Unicode (a lone surrogate)`);
  return value;
}
