import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { diffOf, shortened } from "./diff.ts";
import { hexOf, losslessText } from "./value-form.ts";

interface Props {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const marks = { same: "  ", added: "+ ", removed: "- " } as const;
/** The most bytes shown of each value, side by side. */
const mostShown = 16 * 1024;

/** Shows the differences between two values, in one column or two. */
export function DiffView({ before, after }: Props): JSX.Element {
  const [sides, setSides] = useState(false);
  const diff = useMemo(() => diffOf(before, after), [before, after]);
  const both = sides || diff.kind === "too-much";
  return (
    <div>
      {diff.kind === "too-much" ? (
        <p class="soft">{diff.why}</p>
      ) : (
        <button type="button" class="quiet" aria-pressed={sides} onClick={() => setSides(!sides)}>
          {sides ? "In one column" : "Side by side"}
        </button>
      )}
      {both ? (
        <div class="sides">
          <pre aria-label="Before" tabIndex={0}>
            {start(before)}
          </pre>
          <pre aria-label="After" tabIndex={0}>
            {start(after)}
          </pre>
        </div>
      ) : (
        <pre class="diff" tabIndex={0} aria-label="Changes">
          {diff.lines.map(({ kind, text }, i) => {
            const line = marks[kind] + text;
            if (kind === "added") return <ins key={i}>{line}</ins>;
            return kind === "removed" ? <del key={i}>{line}</del> : <span key={i}>{line}</span>;
          })}
        </pre>
      )}
    </div>
  );
}

/** The beginning of a value as text. */
function start(value: Uint8Array): string {
  const text = losslessText(value) ?? hexOf(value.subarray(0, mostShown / 4));
  const lines = text.slice(0, mostShown).split("\n").map(shortened);
  return lines.join("\n") + (text.length > mostShown ? "\n…" : "");
}
