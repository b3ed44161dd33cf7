import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { movedShare, type Share } from "./rules.ts";

interface Props {
  readonly shares: readonly Share[];
  readonly disabled: boolean;
  onSplit(percents: readonly number[]): void;
}

/** A slider for each variant; the shares always add up to 100 percent. */
export function SplitForm({ shares, disabled, onSplit }: Props): JSX.Element {
  const [percents, setPercents] = useState(() => shares.map(({ percent }) => percent));
  const same = percents.every((percent, i) => percent === shares[i]?.percent);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onSplit(percents);
      }}
    >
      {shares.map(({ variant }, i) => (
        <label key={i}>
          {variant} {percents[i]} %
          <input
            type="range"
            min="0"
            max="100"
            step="0.5"
            value={percents[i]}
            disabled={disabled}
            onInput={(event) => setPercents(movedShare(percents, i, Number(event.currentTarget.value)))}
          />
        </label>
      ))}
      <button type="submit" disabled={disabled || same}>
        Roll out
      </button>
    </form>
  );
}
