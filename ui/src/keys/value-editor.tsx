import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Form, formOf, read, show, textOf } from "./value-form.ts";

interface Props {
  readonly value: Uint8Array;
  readonly disabled: boolean;
  onEdit?(): void;
  onSave(value: Uint8Array): Promise<void>;
  readonly verb?: string;
}

/** A value as text, JSON or hex. Ctrl+S saves. */
export function ValueEditor({ value, disabled, onEdit, onSave, verb = "Save" }: Props): JSX.Element {
  const [form, setForm] = useState<Form>(formOf(value));
  // Text is shown as it is until it is edited or asked for as JSON.
  const [edited, setEdited] = useState(() => show(value, formOf(value)));
  const [wrong, setWrong] = useState<string | undefined>(undefined);

  function change(to: Form): void {
    try {
      setEdited(show(read(edited, form), to));
      setForm(to);
      setWrong(undefined);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  }

  function save(): void {
    if (disabled) return;
    try {
      setWrong(undefined);
      void onSave(read(edited, form));
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <section aria-label="Value">
      <div class="row" role="radiogroup" aria-label="Shown as">
        {(["text", "json", "hex"] as const).map((each) => (
          <label key={each} class="check">
            <input
              type="radio"
              name="form"
              checked={form === each}
              disabled={
                each !== "hex" && textOf(value) === undefined && form === "hex" && edited === show(value, "hex")
              }
              onChange={() => change(each)}
            />
            {{ text: "Text", json: "JSON", hex: "Hex" }[each]}
          </label>
        ))}
      </div>
      <textarea
        aria-label="Value"
        rows={Math.min(24, Math.max(6, edited.split("\n").length + 1))}
        spellcheck={false}
        value={edited}
        readOnly={disabled}
        onInput={(event) => {
          setEdited(event.currentTarget.value);
          onEdit?.();
        }}
        onKeyDown={(event) => {
          if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          save();
        }}
      />
      {wrong !== undefined && <p role="alert">{wrong}</p>}
      <button type="button" class="primary" disabled={disabled} onClick={save}>
        {verb}
      </button>
    </section>
  );
}
