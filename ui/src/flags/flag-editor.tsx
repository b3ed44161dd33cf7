import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { perform } from "../ui/notice.tsx";
import { type Counts, type Definition, type Draft, draftOf, draftDefinition, preview, sampleSize } from "./draft.ts";
import { type RuleLine, rulesOf } from "./rules.ts";

interface Props {
  readonly definition: Definition;
  readonly disabled: boolean;
  readonly verb?: string;
  /** The unsaved draft, if any. */
  readonly draft: Draft | undefined;
  onDraft(draft: Draft): void;
  onSave(change: Definition): Promise<void>;
  onClose(): void;
}

interface Checked {
  readonly fields?: Definition;
  readonly rules?: readonly RuleLine[];
  readonly counts?: Counts;
  readonly wrong?: string;
}

const operators: readonly (readonly [string, string])[] = [
  ['{ "if": [condition, "on", "off"] }', "the first condition that fits, and a variant for everybody else"],
  ['{ "fractional": [["on", 25], ["off", 75]] }', "divides ids by share; the same id always gets the same variant"],
  ['{ "==": [{ "var": "country" }, "PT"] }', "compares a part of the context; also !=, <, <=, >, >="],
  ['{ "in": [{ "var": "plan" }, ["pro", "team"]] }', "one of a list"],
  ['{ "ends_with": [{ "var": "email" }, "@example.com"] }', "also starts_with"],
  ['{ "sem_ver": [{ "var": "version" }, ">=", "2.1.0"] }', "compares versions"],
  ['{ "and": [condition, condition] }', "also or, and !"],
];

/** Edits a flag, and shows with every key press how programs would evaluate it. */
export function FlagEditor(props: Props): JSX.Element {
  const { definition, disabled, verb = "Save", onSave, onClose } = props;
  const [draft, setDraft] = useState(() => props.draft ?? draftOf(definition));
  const { fields, rules, counts, wrong } = useMemo(() => checked(draft), [draft]);
  const { variants, defaultVariant, targeting } = draft;
  const change = (part: Partial<Draft>): void => {
    const next = { ...draft, ...part };
    setDraft(next);
    props.onDraft(next);
  };
  const changeVariant = (at: number, part: Partial<Draft["variants"][number]>): void =>
    change({
      variants: variants.map((each, i) => (i === at ? { ...each, ...part } : each)),
      // If the default variant is renamed, it stays the default.
      ...(part.name !== undefined && defaultVariant === variants[at]?.name && { defaultVariant: part.name }),
    });

  return (
    <form
      class="stack"
      aria-label="Edit the flag"
      onSubmit={(event) => {
        event.preventDefault();
        if (fields !== undefined) void perform(() => onSave(fields));
      }}
    >
      {variants.map(({ name, text }, i) => (
        <div key={i} class="row">
          <label>
            Variant
            <input value={name} required onInput={(event) => changeVariant(i, { name: event.currentTarget.value })} />
          </label>
          <label style={{ flex: "1" }}>
            Value, as JSON
            <input
              class="mono"
              value={text}
              spellcheck={false}
              onInput={(event) => changeVariant(i, { text: event.currentTarget.value })}
            />
          </label>
          <label class="check">
            <input
              type="radio"
              name="default"
              checked={defaultVariant === name}
              onChange={() => change({ defaultVariant: name })}
            />
            the default
          </label>
          <button
            type="button"
            class="quiet"
            aria-label={`Remove the variant ${name}`}
            disabled={variants.length === 1}
            onClick={() => change({ variants: variants.filter((_, at) => at !== i) })}
          >
            ×
          </button>
        </div>
      ))}
      <div class="row">
        <button type="button" onClick={() => change({ variants: [...variants, { name: "", text: "null" }] })}>
          Add a variant
        </button>
        <button type="button" onClick={() => change({ targeting: splitOf(draft) })}>
          Divide by share
        </button>
      </div>
      <label>
        Targeting, as JSON
        <textarea
          class="mono"
          rows={Math.min(16, targeting.split("\n").length + 1)}
          spellcheck={false}
          value={targeting}
          onInput={(event) => change({ targeting: event.currentTarget.value })}
        />
      </label>
      <details>
        <summary>What targeting can say</summary>
        <dl class="facts">
          {operators.map(([code, words]) => (
            <>
              <dt class="mono">{code}</dt>
              <dd>{words}</dd>
            </>
          ))}
        </dl>
      </details>
      {wrong !== undefined && (
        <p class="callout error" role="alert">
          {wrong}
        </p>
      )}
      {rules?.map(({ when, then }, i) => (
        <p key={i}>
          {when === undefined ? "Everybody else gets" : `If ${when}:`} <strong>{then}</strong>
        </p>
      ))}
      {counts !== undefined && (
        <p role="status">
          Of 1,000 ids:{" "}
          {counts.map(([variant, count]) => (
            <span key={variant} class="badge accent">
              {variant} {(count / sampleSize) * 100} %
            </span>
          ))}
        </p>
      )}
      <div class="row">
        <button type="submit" class="primary" disabled={disabled || wrong !== undefined}>
          {verb}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function checked(draft: Draft): Checked {
  try {
    const fields = draftDefinition(draft);
    return { fields, rules: rulesOf(fields["targeting"]), counts: preview(fields) };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

/** A rule that gives every variant the same share of the ids; the sliders can change the shares later. */
function splitOf({ variants }: Draft): string {
  const share = Math.floor(100 / variants.length);
  const rest = 100 - share * (variants.length - 1);
  const fractional = variants.map(({ name }, i) => [name, i === 0 ? rest : share]);
  return JSON.stringify({ fractional }, undefined, 2);
}
