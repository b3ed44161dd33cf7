import type { JSX } from "preact";

interface Props {
  /** What it shows, for those who do not see it: the last value is added. */
  readonly label: string;
  readonly values: readonly number[];
  readonly show?: (value: number) => string;
}

/** A line of numbers over time. */
export function Spark({ label, values, show = String }: Props): JSX.Element {
  const most = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  const path = values.map(
    (value, i) => `${i === 0 ? "M" : "L"}${(i * step).toFixed(1)} ${(38 - (value / most) * 36).toFixed(1)}`,
  );
  const last = values.at(-1) ?? 0;
  return (
    <figure style={{ margin: 0 }}>
      <figcaption class="soft">
        {label}: {show(last)}
      </figcaption>
      <svg class="spark" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
        <path d={path.join("")} />
      </svg>
    </figure>
  );
}
