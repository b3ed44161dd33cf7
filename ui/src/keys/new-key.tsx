import type { JSX } from "preact";
import type { NewKeyEdit } from "../drafts.ts";
import { go, route } from "../page-route.ts";
import { useRights } from "../page-rights.ts";
import { type PageSession, shownSession as chosen } from "../page-session.ts";
import { perform, tell } from "../ui/notice.tsx";
import { bytesOf } from "./key-id.ts";
import { ValueEditor } from "./value-editor.tsx";

/** Opens the form for a new key in the chosen folder, or returns to the form that is already open. */
export function newKey(): void {
  const { id: at = "", view } = route.value;
  const kept = chosen.value?.drafts.newKey;
  if (kept !== undefined) {
    const key = new TextDecoder().decode(bytesOf(at.slice(0, at.lastIndexOf("/") + 1)));
    kept.value = kept.value?.edit === undefined ? { key, template: first, at } : { ...kept.value, at };
  }
  if (view !== "keys") go("keys");
}

interface Props {
  readonly session: PageSession;
  readonly edit: NewKeyEdit;
  onCreated(key: string): void;
}

const utf8 = new TextEncoder();
const first = "an empty value";
const templates: Readonly<Record<string, string>> = {
  [first]: "",
  "a JSON object": "{}",
  "a feature flag": JSON.stringify({
    state: "ENABLED",
    variants: { on: true, off: false },
    defaultVariant: "off",
    targeting: {},
  }),
  "a service instance": JSON.stringify({ address: "10.0.0.1:80", metadata: {} }),
};

/** The form for a new key. It never overwrites an existing key. */
export function NewKey({ session, edit: now, onCreated }: Props): JSX.Element {
  const { etcd, drafts } = session;
  const { key, template, edit } = now;
  const rights = useRights(session);
  const why = key === "" ? undefined : rights.whyNotChange([utf8.encode(key)]);
  const change = (part: Partial<NewKeyEdit>): void => void (drafts.newKey.value = { ...now, ...part });

  async function create(value: Uint8Array): Promise<void> {
    const { created, revision } = await etcd.create(key, value);
    if (!created) throw new Error(`Not created: ${key} already exists.`);
    tell(`Created ${key}`, () => etcd.delete(key, { guard: { modRevision: revision } }));
    drafts.newKey.value = undefined;
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
            onInput={(event) => change({ key: event.currentTarget.value })}
          />
        </label>
        <label>
          Start with
          <select
            value={template}
            onChange={(event) => change({ template: event.currentTarget.value, edit: undefined })}
          >
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
        edit={edit}
        disabled={key === "" || why !== undefined}
        why={why}
        onEdit={(next) => change({ edit: next })}
        onDiscard={() => (drafts.newKey.value = undefined)}
        onSave={(value) => perform(() => create(value))}
      />
    </article>
  );
}
