import { applyPatch, createPatch } from "diff";
import { losslessText } from "./value-form.ts";

const mostBytes = 128 * 1024;

/**
 * Merges two changes of a value by lines; `undefined` if they touch the same lines, or if a value is not text or is too
 * large.
 */
export function merged(base: Uint8Array, mine: Uint8Array, theirs: Uint8Array): Uint8Array | undefined {
  if (base.length + mine.length + theirs.length > mostBytes) return undefined;
  const [from, to, own] = [losslessText(base), losslessText(theirs), losslessText(mine)];
  if (from === undefined || to === undefined || own === undefined) return undefined;
  const patch = createPatch("value", from, to, undefined, undefined, { context: 1, maxEditLength: 1_000, timeout: 30 });
  const both = patch === undefined ? false : applyPatch(own, patch);
  return both === false ? undefined : new TextEncoder().encode(both);
}
