import type { Etcd } from "fetcd";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { attempt } from "../ui/notice.tsx";
import { ValueEditor } from "./value-editor.tsx";

interface Props {
  readonly etcd: Etcd;
  readonly prefix: string;
  onCreated(key: string): void;
}

const nothing = new Uint8Array();

/** A key that is not there yet: one that is, is left alone. */
export function NewKey({ etcd, prefix, onCreated }: Props): JSX.Element {
  const [key, setKey] = useState(prefix);

  async function create(value: Uint8Array): Promise<void> {
    if (!(await etcd.auth.can("write", key))) throw new Error(`This user may not write ${key}.`);
    const { created } = await etcd.create(key, value);
    if (!created) throw new Error(`Not created: ${key} is there already.`);
    onCreated(key);
  }

  return (
    <article aria-label="New key">
      <h2>New key</h2>
      <label>
        Key
        <input value={key} spellcheck={false} onInput={(event) => setKey(event.currentTarget.value)} />
      </label>
      <ValueEditor
        value={nothing}
        verb="Create"
        disabled={key === ""}
        onSave={(value) => attempt(() => create(value), `Created ${key}`)}
      />
    </article>
  );
}
