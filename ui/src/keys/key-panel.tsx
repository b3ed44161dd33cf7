import type { Entry, Etcd } from "fetcd";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ask } from "../ui/ask.tsx";
import { attempt, tell } from "../ui/notice.tsx";
import { useLoaded } from "../ui/use-loaded.ts";
import { DiffView } from "./diff-view.tsx";
import { HistoryPanel } from "./history-panel.tsx";
import { labelOf } from "./key-id.ts";
import { TtlForm } from "./ttl-form.tsx";
import { ValueEditor } from "./value-editor.tsx";

interface Props {
  readonly etcd: Etcd;
  readonly keyBytes: Uint8Array;
  /** The revision of the last change that the watch has seen, if any. */
  readonly seen: bigint | undefined;
}

/** One key: its value to be edited, what is known of it, and its past. */
export function KeyPanel({ etcd, keyBytes, seen }: Props): JSX.Element {
  const [found, reload] = useLoaded((signal) => etcd.get(keyBytes, { signal }), [etcd, keyBytes, seen]);
  const [mayWrite = false] = useLoaded((signal) => etcd.auth.can("write", keyBytes, { signal }), [etcd, keyBytes]);
  // What the editor shows, and what saving it replaces: they part when somebody else changes the key meanwhile.
  const [shown, setShown] = useState<Entry | undefined>(undefined);
  const [base, setBase] = useState<Entry | undefined>(undefined);
  const [dirty, setDirty] = useState(false);
  const [past, setPast] = useState(false);
  function start(entry: Entry): void {
    setShown(entry);
    setBase(entry);
    setDirty(false);
  }
  useEffect(() => {
    if (found && !dirty) start(found);
  }, [found, dirty]);

  const label = labelOf(keyBytes);
  if (found === null && !dirty) return <p class="empty">{label} does not exist.</p>;
  if (found === undefined || shown === undefined || base === undefined) return <p>Reading…</p>;
  const theirs = found !== null && found.modRevision > base.modRevision ? found : undefined;

  /** Saves over the revision that was seen and no other, or anew if the person has seen that the key is gone. */
  async function save(value: Uint8Array, over: Entry): Promise<void> {
    if (found === null) {
      const { created } = await etcd.create(keyBytes, value);
      if (!created) throw new Error("Not saved: the key is there again.");
    } else {
      const { updated } = await etcd.update(over, value);
      if (!updated) {
        await reload();
        throw new Error("Not saved: somebody else changed or deleted the key meanwhile.");
      }
    }
    setDirty(false);
    await reload();
  }

  async function remove(over: Entry): Promise<void> {
    if (!(await ask(`Delete ${label}?`, "Delete"))) return;
    await etcd.delete(keyBytes, { guard: { modRevision: over.modRevision } });
    setDirty(false);
    await reload();
    tell(`Deleted ${label}`);
  }

  return (
    <article aria-label={`Key ${label}`}>
      <h2>{label}</h2>
      {dirty && found === null && (
        <p class="card error" role="alert">
          Somebody deleted this key: saving creates it again.
        </p>
      )}
      {dirty && theirs !== undefined && (
        <section class="card error" role="alert">
          <strong>Somebody else changed this key.</strong>
          <DiffView before={shown.value} after={theirs.value} />
          <div class="row">
            <button type="button" onClick={() => setBase(theirs)}>
              Save mine over theirs
            </button>
            <button type="button" onClick={() => start(theirs)}>
              Take theirs
            </button>
          </div>
        </section>
      )}
      <ValueEditor
        key={shown.modRevision}
        value={shown.value}
        disabled={!mayWrite}
        onEdit={() => setDirty(true)}
        onSave={(value) => attempt(() => save(value, base), "Saved")}
      />
      <dl>
        <dt>Created at revision</dt>
        <dd>{String(base.createRevision)}</dd>
        <dt>Changed at revision</dt>
        <dd>{String(base.modRevision)}</dd>
        <dt>Version</dt>
        <dd>{String(base.version)}</dd>
        <dt>Size</dt>
        <dd>{base.value.length} bytes</dd>
      </dl>
      <TtlForm etcd={etcd} entry={base} disabled={!mayWrite} onDone={reload} />
      <div class="row">
        <button type="button" aria-expanded={past} onClick={() => setPast(!past)}>
          History
        </button>
        <button type="button" class="danger" disabled={!mayWrite} onClick={() => void attempt(() => remove(base))}>
          Delete
        </button>
      </div>
      {past && <HistoryPanel etcd={etcd} entry={base} />}
    </article>
  );
}
