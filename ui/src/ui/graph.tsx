import type { JSX } from "preact";

/** A line of a graph, with the newest value last. */
export interface Line {
  readonly label: string;
  readonly values: readonly number[];
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The least upper end of the scale, so that small values look small. */
  readonly least?: number;
  readonly show?: (value: number) => string;
}

/** A graph of numbers over time. The newest values are also in words, for screen readers. */
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
  // A single value is drawn as a flat line.
  const values = now.length === 1 ? [...now, ...now] : now;
  const step = 100 / Math.max(1, values.length - 1);
  return values
    .map((value, i) => `${i === 0 ? "M" : "L"}${(i * step).toFixed(1)} ${(38 - (value / most) * 36).toFixed(1)}`)
    .join("");
}
