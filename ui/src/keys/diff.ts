import { diffLines } from "diff";
import { hexOf, losslessText } from "./value-form.ts";

export interface DiffLine {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

export type Diff =
  | { readonly kind: "lines"; readonly lines: readonly DiffLine[] }
  /** Why the values were not compared. */
  | { readonly kind: "too-much"; readonly why: string };

/** The most that is compared, so that no value makes the page unresponsive. */
const mostBytes = 256 * 1024;
const mostEdits = 1_000;
const mostMs = 30;
const mostLines = 2_000;
const mostLineLength = 2_000;
/** How many equal lines are shown around a difference. */
const context = 3;

/** Compares two values by lines. Values that are not text are compared as hex. */
export function diffOf(before: Uint8Array, after: Uint8Array): Diff {
  if (before.length + after.length > mostBytes)
    return { kind: "too-much", why: "The values are too large to compare." };
  const texts = [losslessText(before), losslessText(after)];
  const [a, b] = texts.includes(undefined) ? [hexOf(before), hexOf(after)] : texts;
  const parts = diffLines(a ?? "", b ?? "", { maxEditLength: mostEdits, timeout: mostMs });
  if (parts === undefined) return { kind: "too-much", why: "The values have too little in common to compare." };
  const lines: DiffLine[] = [];
  parts.forEach(({ value, added, removed }, i) => {
    const kind = added ? "added" : removed ? "removed" : "same";
    const own = value.replace(/\n$/, "").split("\n");
    const [first, last] = [i === 0, i === parts.length - 1];
    const long = kind === "same" && own.length > 2 * context + 1;
    const shown = long
      ? [...(first ? [] : own.slice(0, context)), `⋯ ${own.length} lines`, ...(last ? [] : own.slice(-context))]
      : own;
    for (const text of shown) lines.push({ kind, text: shortened(text) });
  });
  if (lines.length > mostLines) return { kind: "too-much", why: `More than ${mostLines} lines changed.` };
  return { kind: "lines", lines };
}

export function shortened(text: string): string {
  return text.length > mostLineLength ? `${text.slice(0, mostLineLength)}…` : text;
}
