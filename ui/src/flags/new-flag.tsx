import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Drafts } from "../drafts.ts";
import { FlagEditor } from "./flag-editor.tsx";

interface Props {
  readonly drafts: Drafts["flags"];
  onCreate(name: string, definition: object): Promise<void>;
  onClose(): void;
}

const initial = { state: "DISABLED", variants: { on: true, off: false }, defaultVariant: "off", targeting: {} };

/** Asks for a new flag, which is disabled at first. */
export function NewFlag({ drafts, onCreate, onClose }: Props): JSX.Element {
  const [edit, setEdit] = useState(drafts.get("") ?? { name: "" });
  const { name, draft } = edit;
  const keep = (part: object): void => {
    const next = { ...edit, ...part };
    setEdit(next);
    drafts.set("", next);
  };
  return (
    <section class="card stack" aria-label="New flag">
      <h2>New flag</h2>
      <label>
        Name
        <input
          class="mono"
          spellcheck={false}
          value={name}
          onInput={(event) => keep({ name: event.currentTarget.value })}
        />
      </label>
      <FlagEditor
        definition={initial}
        verb="Create"
        disabled={name === ""}
        draft={draft}
        onDraft={(draft) => keep({ draft })}
        onSave={(change) => onCreate(name, { ...initial, ...change })}
        onClose={onClose}
      />
    </section>
  );
}
