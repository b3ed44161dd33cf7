import type { Entry } from "fetcd";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ValueEdit } from "../drafts.ts";
import { go } from "../page-route.ts";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { Icon } from "../ui/icon.tsx";
import { perform, tell } from "../ui/notice.tsx";
import { Nothing, Refused, Skeleton } from "../ui/reading.tsx";
import { size } from "../ui/size.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { CopyMenu } from "./copy-menu.tsx";
import { DiffView } from "./diff-view.tsx";
import { HistoryPanel } from "./history-panel.tsx";
import { bytesOf, idOf, keyRef, labelOf } from "./key-id.ts";
import { merged } from "./merge.ts";
import { bookmarks, toggleBookmark, visited } from "./bookmarks.ts";
import { TtlForm } from "./ttl-form.tsx";
import { ValueEditor } from "./value-editor.tsx";
import { formOf, kubernetesName, readValue, show } from "./value-form.ts";

interface Props {
  readonly session: PageSession;
  readonly keyBytes: Uint8Array;
  /** The revision of the last change that the watch has seen, if any. */
  readonly seen: bigint | undefined;
  /** Called when the key exists. */
  onFound(): void;
}

/** Shows a key: an editor for its value, its metadata and its history. */
export function KeyPanel({ session, keyBytes, seen, onFound }: Props): JSX.Element {
  const { etcd, readOnly, drafts } = session;
  const [found, reload, refused] = useLoaded((signal) => etcd.get(keyBytes, { signal }), [etcd, keyBytes, seen]);
  const [allowed] = useLoaded((signal) => etcd.auth.can("write", keyBytes, { signal }), [etcd, keyBytes]);
  const mayWrite = allowed === true && !readOnly;
  const why = readOnly
    ? "This page is read-only."
    : allowed === false
      ? "Your roles do not let you write this key."
      : undefined;
  const id = keyRef(idOf(keyBytes));
  const [edit, setEdit] = useState(drafts.values.get(id));
  /** Changes whenever the editor must start again with the stored value. */
  const [turn, setTurn] = useState(0);
  const [past, setPast] = useState(false);
  function keep(next: ValueEdit | undefined): void {
    if (next === undefined) drafts.values.delete(id);
    else drafts.values.set(id, next);
    setEdit(next);
  }
  function begin(next: ValueEdit | undefined): void {
    keep(next);
    setTurn((before) => before + 1);
  }
  useEffect(() => {
    if (!found) return;
    visited(id);
    onFound();
  }, [found !== null && found !== undefined, id]);

  const label = labelOf(keyBytes);
  const base = edit?.base ?? found;
  const shown = edit?.shown ?? found;
  if (base === null) return <Nothing icon="key" title={`${label} does not exist.`} />;
  if (refused) return <Refused />;
  if (found === undefined || !shown || base === undefined) return <Skeleton />;
  const theirs = found !== null && found.modRevision > base.modRevision ? found : undefined;

  /** Saves only over the revision that the user saw, or creates the key if the user saw that it was deleted. */
  async function save(value: Uint8Array, over: Entry): Promise<void> {
    let undo: (() => Promise<unknown>) | undefined;
    if (found === null) {
      const { created } = await etcd.create(keyBytes, value);
      if (!created) throw new Error("Not saved: the key exists again.");
    } else {
      const { updated, revision } = await etcd.update(over, value);
      if (!updated) {
        await reload();
        throw new Error("Not saved: somebody else changed or deleted the key meanwhile.");
      }
      undo = () => etcd.put(keyBytes, over.value, { lease: over.lease, guard: { modRevision: revision } });
    }
    keep(undefined);
    await reload();
    tell("Saved", undo);
  }

  async function remove(over: Entry): Promise<void> {
    await askToConfirm(`Delete ${label}?`, "Delete");
    await etcd.delete(keyBytes, { guard: { modRevision: over.modRevision } });
    keep(undefined);
    await reload();
    tell(`Deleted ${label}`, async () => {
      const { created } = await etcd.create(keyBytes, over.value, over.lease === 0n ? {} : { lease: over.lease });
      if (!created) throw new Error(`${label} already exists again.`);
    });
  }

  function merge({ shown: old, form, text }: ValueEdit, now: Entry): void {
    const both = merged(old.value, readValue(text(), form, old.value), now.value);
    if (both === undefined) throw new Error("Both changed the same lines: choose one of them.");
    begin({ shown: now, base: now, form: formOf(both), text: () => show(both, formOf(both)) });
  }

  function discard(old: ValueEdit): void {
    begin(undefined);
    tell("Discarded what was typed", async () => begin(old));
  }

  const kubernetes = kubernetesName(base.value);
  const kept = bookmarks.value.includes(id);
  return (
    <article aria-label={`Key ${label}`} class="stack">
      <Crumbs id={id} />
      <div class="keyhead">
        <h2>{label}</h2>
        {kubernetes !== undefined && <span class="badge accent">{kubernetes}</span>}
        <button type="button" class="quiet" aria-pressed={kept} onClick={() => toggleBookmark(id)}>
          <Icon name="star" /> {kept ? "Bookmarked" : "Bookmark"}
        </button>
        <CopyMenu entry={base} />
        <button
          type="button"
          class="danger"
          disabled={!mayWrite}
          title={why}
          onClick={() => void perform(() => remove(base))}
        >
          <Icon name="delete" /> Delete
        </button>
      </div>
      {edit && found === null && (
        <p class="callout error" role="alert">
          Somebody deleted this key: saving creates it again.
        </p>
      )}
      {edit && theirs !== undefined && (
        <section class="callout error" role="alert">
          <strong>Somebody else changed this key.</strong>
          <DiffView before={shown.value} after={theirs.value} />
          <div class="row">
            <button type="button" onClick={() => void perform(async () => merge(edit, theirs))}>
              Merge both
            </button>
            <button type="button" onClick={() => keep({ ...edit, base: theirs })}>
              Save mine over theirs
            </button>
            <button type="button" onClick={() => begin(undefined)}>
              Take theirs
            </button>
          </div>
        </section>
      )}
      <ValueEditor
        key={`${shown.modRevision} ${turn}`}
        value={shown.value}
        edit={edit}
        name={label.slice(label.lastIndexOf("/") + 1)}
        disabled={!mayWrite}
        why={why}
        onEdit={(next) => keep({ shown, base, ...next })}
        onDiscard={edit && (() => discard(edit))}
        onSave={(value) => perform(() => save(value, base))}
      />
      <dl class="facts card">
        <dt>Size</dt>
        <dd>{size(base.value.length)}</dd>
        <dt>Version</dt>
        <dd>
          {String(base.version)}, changed at revision {String(base.modRevision)}, created at{" "}
          {String(base.createRevision)}
        </dd>
        <dt>Lease</dt>
        <dd>
          <TtlForm etcd={etcd} entry={base} disabled={!mayWrite} onDone={reload} />
        </dd>
      </dl>
      <div>
        <button type="button" aria-expanded={past} onClick={() => setPast(!past)}>
          <Icon name="history" /> History
        </button>
      </div>
      {past && (
        <HistoryPanel
          session={session}
          entry={base}
          disabled={!mayWrite}
          onRestore={(old) => void perform(() => save(old.value, base))}
        />
      )}
    </article>
  );
}

/** The folders around a key. */
function Crumbs({ id }: { readonly id: string }): JSX.Element {
  const ends = [...id.matchAll(/\//g)].map(({ index }) => index + 1).filter((end) => end < id.length);
  return (
    <nav class="crumbs" aria-label="Folders">
      <button type="button" class="quiet" onClick={() => go("keys")}>
        Keys
      </button>
      {ends.slice(0, 30).map((end, i) => (
        <button key={end} type="button" class="quiet" onClick={() => go("keys", id.slice(0, end))}>
          {labelOf(bytesOf(id.slice(ends[i - 1] ?? 0, end)))}
        </button>
      ))}
    </nav>
  );
}
