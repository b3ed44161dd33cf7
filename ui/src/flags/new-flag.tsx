import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { FlagEditor } from "./flag-editor.tsx";

interface Props {
  onCreate(name: string, definition: object): Promise<void>;
  onClose(): void;
}

const initial = { state: "DISABLED", variants: { on: true, off: false }, defaultVariant: "off", targeting: {} };

/** A flag that is not there yet, disabled at first. */
export function NewFlag({ onCreate, onClose }: Props): JSX.Element {
  const [name, setName] = useState("");
  return (
    <section class="card stack" aria-label="New flag">
      <h2>New flag</h2>
      <label>
        Name
        <input class="mono" spellcheck={false} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <FlagEditor
        definition={initial}
        verb="Create"
        disabled={name === ""}
        onSave={(change) => onCreate(name, { ...initial, ...change })}
        onClose={onClose}
      />
    </section>
  );
}
