import type { ComponentChildren, JSX } from "preact";

interface Props {
  /** Shown above it. */
  readonly caption?: string;
  /** Its accessible name if it has no caption. */
  readonly label?: string;
  readonly columns: readonly ComponentChildren[];
  readonly mono?: boolean;
  readonly children: ComponentChildren;
}

/** A table with its own scroll bar if the page is narrower. */
export function Table({ caption, label, columns, mono = false, children }: Props): JSX.Element {
  return (
    <div class="scroll" role="group" aria-label={caption ?? label} tabIndex={0}>
      <table aria-label={label} class={mono ? "mono" : ""}>
        {caption !== undefined && <caption>{caption}</caption>}
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={i} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
