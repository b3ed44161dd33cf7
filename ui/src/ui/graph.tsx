import type { JSX } from "preact";

/** One line of a graph: its values, the newest last. */
export interface Line {
  readonly label: string;
  readonly values: readonly number[];
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  /** What the graph reaches up to at least, so that little looks like little. */
  readonly least?: number;
  readonly show?: (value: number) => string;
}

/** Numbers over time. What the lines end with is said in words, for those who do not see them. */
export function Graph({ title, lines, least = 1e-9, show = String }: Props): JSX.Element {
  const most = Math.max(least, ...lines.flatMap(({ values }) => values));
  return (
    <figure class="graph">
      <figcaption>
        <span>{title}</span>
        {lines.map(({ label, values }, i) => (
          <span key={label} class={`line-${i % 4}`}>
            {label} {show(values.at(-1) ?? 0)}
          </span>
        ))}
      </figcaption>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
        {lines.map(({ label, values }, i) => (
          <path key={label} class={`line-${i % 4}`} d={pathOf(values, most)} />
        ))}
      </svg>
    </figure>
  );
}

function pathOf(now: readonly number[], most: number): string {
  // One alone is a line too: it has been so since the page knows of it.
  const values = now.length === 1 ? [...now, ...now] : now;
  const step = 100 / Math.max(1, values.length - 1);
  return values
    .map((value, i) => `${i === 0 ? "M" : "L"}${(i * step).toFixed(1)} ${(38 - (value / most) * 36).toFixed(1)}`)
    .join("");
}
