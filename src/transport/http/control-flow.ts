import { isPromise } from "../platform.ts";

/**
 * Whether what a `fetch` threw is not about the network, but meant for the framework that patched it: to redirect, to
 * render a page at request time, to postpone or suspend. React marks such errors with a `digest` or `$$typeof`; others
 * throw a promise or a `Response`. It has to arrive there as it is.
 */
export function isControlFlow(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null) return false;
  if ("digest" in thrown && typeof thrown.digest === "string") return true;
  return "$$typeof" in thrown || isPromise(thrown) || ("status" in thrown && "arrayBuffer" in thrown);
}
