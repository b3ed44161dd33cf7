import type { Etcd } from "fetcd";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { go, route } from "../route.ts";
import { attempt, tell } from "../ui/notice.tsx";
import { bytesOf } from "./key-id.ts";
import { ValueEditor } from "./value-editor.tsx";

/** The folder that a new key is asked for in, or `undefined`: then none is asked for. */
export const creatingIn = signal<string | undefined>(undefined);

/** Asks for a new key, in the folder that is in sight. */
export function newKey(): void {
  const { id = "" } = route.value;
  creatingIn.value = id.slice(0, id.lastIndexOf("/") + 1);
  if (route.value.view !== "keys") go("keys");
}

interface Props {
  readonly etcd: Etcd;
  readonly prefix: string;
  readonly disabled: boolean;
  onCreated(key: string): void;
}

const utf8 = new TextEncoder();
const templates: Readonly<Record<string, string>> = {
  "an empty value": "",
  "a JSON object": "{}",
  "a feature flag": JSON.stringify({
    state: "ENABLED",
    variants: { on: true, off: false },
    defaultVariant: "off",
    targeting: {},
  }),
  "a service instance": JSON.stringify({ address: "10.0.0.1:80", metadata: {} }),
};

/** A key that is not there yet: one that is, is left alone. */
export function NewKey({ etcd, prefix, disabled, onCreated }: Props): JSX.Element {
  const [key, setKey] = useState(new TextDecoder().decode(bytesOf(prefix)));
  const [template, setTemplate] = useState("an empty value");

  async function create(value: Uint8Array): Promise<void> {
    if (!(await etcd.auth.can("write", key))) throw new Error(`This user may not write ${key}.`);
    const { created, revision } = await etcd.create(key, value);
    if (!created) throw new Error(`Not created: ${key} is there already.`);
    tell(`Created ${key}`, () => etcd.delete(key, { guard: { modRevision: revision } }));
    onCreated(key);
  }

  return (
    <article aria-label="New key" class="stack">
      <h2>New key</h2>
      <div class="row">
        <label style={{ flex: "1" }}>
          Key
          <input
            value={key}
            class="mono"
            spellcheck={false}
            ref={(element) => void (key === "" && element?.focus())}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <label>
          Start with
          <select value={template} onChange={(event) => setTemplate(event.currentTarget.value)}>
            {Object.keys(templates).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <ValueEditor
        key={template}
        value={utf8.encode(templates[template])}
        verb="Create"
        disabled={key === "" || disabled}
        onSave={(value) => attempt(() => create(value))}
      />
    </article>
  );
}
