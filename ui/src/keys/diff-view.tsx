import { diffLines } from "diff";
import type { JSX } from "preact";
import { formOf, show } from "./value-form.ts";

/** What changed from one value to another, by lines. Values that are not text are compared as hex. */
export function DiffView({ before, after }: { before: Uint8Array; after: Uint8Array }): JSX.Element {
  const forms = [formOf(before), formOf(after)];
  const form = forms.includes("hex") ? "hex" : "text";
  const parts = diffLines(show(before, form), show(after, form));
  return (
    <pre class="diff">
      {parts.map(({ value, added, removed }, i) => {
        const mark = added ? "+ " : removed ? "- " : "  ";
        const text = value.replace(/\n$/, "").replaceAll(/^/gm, mark);
        const line = `${text}\n`;
        return added ? <ins key={i}>{line}</ins> : removed ? <del key={i}>{line}</del> : <span key={i}>{line}</span>;
      })}
    </pre>
  );
}
