import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { go, goToKey, route } from "../page-route.ts";
import type { PageSession } from "../page-session.ts";
import { readableOf } from "../page-rights.ts";
import { Icon } from "../ui/icon.tsx";
import { showTrouble } from "../ui/notice.tsx";
import { LiveBadge, Nothing } from "../ui/reading.tsx";
import { BatchDialog, type BatchKind } from "./batch-dialog.tsx";
import { named } from "./filter.ts";
import { FolderPanel } from "./folder-panel.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { bytesOf, isFolder } from "./key-id.ts";
import { KeyPanel } from "./key-panel.tsx";
import { KeyTree } from "./key-tree.tsx";
import { NewKey, newKey } from "./new-key.tsx";
import { PlaceList } from "./place-list.tsx";
import { bookmarks, labelOfId, recentKeys } from "./bookmarks.ts";
import { type Hit, mostHits, searchBelow, type SearchProgress } from "./search.ts";
import { refOf } from "./tree-state.ts";
import { createTreeStore } from "./tree-store.ts";

/** Shows the tree on the left, and the chosen key or a new key on the right. */
export function KeysView({ session }: { session: PageSession }): JSX.Element {
  const { etcd, identity, readOnly, drafts, times } = session;
  const store = useMemo(() => createTreeStore(etcd, identity.permissions, times), [etcd, identity, times]);
  useEffect(() => () => store.close(), [store]);
  const { id } = route.value;
  const [text, setText] = useState("");
  const [hits, setHits] = useState<readonly Hit[] | undefined>(undefined);
  const [progress, setProgress] = useState<SearchProgress | undefined>(undefined);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<BatchKind | "import" | undefined>(undefined);
  const [seen, setSeen] = useState<readonly [string, bigint] | undefined>(undefined);
  const searching = useRef<AbortController | undefined>(undefined);
  const keyBytes = useMemo(() => (id === undefined ? undefined : bytesOf(id)), [id]);
  const creating = drafts.newKey.value;

  // Read the chosen key again whenever it changes.
  useEffect(
    () =>
      store.changes.subscribe((changes) => {
        const revision = id === undefined ? undefined : changes.get(id);
        if (id !== undefined && revision !== undefined) setSeen([id, revision]);
      }),
    [store, id],
  );

  useEffect(() => {
    searching.current?.abort();
    setProgress(undefined);
    if (text === "") setHits(undefined);
  }, [text, store]);
  // Filters the loaded names while the user types and while more are loaded; Enter searches all keys.
  const filtering = text !== "" && progress === undefined;
  useEffect(() => {
    if (!filtering) return undefined;
    const mine = new AbortController();
    let [changed, running] = [false, false];
    // Always runs to the end, even if the tree changes meanwhile.
    const filter = async (): Promise<void> => {
      changed = true;
      if (running) return;
      running = true;
      while (changed && !mine.signal.aborted) {
        changed = false;
        const found = await named(store.root, text, mine.signal);
        if (!mine.signal.aborted) setHits(found.map((child) => ({ id: refOf(child), excerpt: undefined })));
      }
      running = false;
    };
    const unsubscribe = store.drawn.subscribe(() => void filter());
    return () => {
      unsubscribe();
      mine.abort();
    };
  }, [filtering, text, store]);

  const folder = id === undefined ? "" : id.slice(0, id.lastIndexOf("/") + 1);

  async function search(): Promise<void> {
    searching.current?.abort();
    const mine = (searching.current = new AbortController());
    try {
      for await (const now of searchBelow(etcd, folder, text, mine.signal)) {
        setProgress(now);
        setHits(now.hits);
      }
    } catch (error) {
      if (!mine.signal.aborted) showTrouble(error);
    }
  }

  function stop(): void {
    searching.current?.abort();
    setProgress((now) => now && { ...now, done: true });
  }

  function open(to: string): void {
    if (creating !== undefined) drafts.newKey.value = { ...creating, at: undefined };
    go("keys", to);
  }

  function pick(each: string): void {
    const next = new Set(picked);
    if (!next.delete(each)) next.add(each);
    setPicked(next);
  }

  const why = readOnly ? "This page is read-only." : undefined;
  return (
    <div class="columns">
      <h1 class="unseen">Keys</h1>
      <aside>
        <form
          role="search"
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (text !== "") void search();
          }}
        >
          <input
            name="filter"
            type="search"
            placeholder="Filter, Enter to search"
            aria-label="Filter or search"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="button" disabled={readOnly} title={why} onClick={newKey}>
            <Icon name="plus" /> New key
          </button>
        </form>
        {text !== "" && (
          <div class="row apart" role="status">
            {progress === undefined ? (
              <button type="button" onClick={() => void search()}>
                <Icon name="search" /> Search keys and values in {folder === "" ? "all keys" : labelOfId(folder)}
              </button>
            ) : (
              <>
                <span>
                  {progress.hits.length} found in {progress.looked} of {progress.total}
                  {progress.hits.length >= mostHits && ": there may be more"}
                </span>
                {!progress.done && (
                  <button type="button" onClick={stop}>
                    Cancel
                  </button>
                )}
              </>
            )}
          </div>
        )}
        {hits === undefined ? (
          <>
            {store.drawn.value >= 0 && store.root.rows === 0 && (
              <p class="soft">
                {readableOf(identity.permissions).length === 0
                  ? "Your roles do not let you read any keys."
                  : "There are no keys yet."}
              </p>
            )}
            <KeyTree store={store} selected={id} picked={picked} onSelect={open} onPick={pick} />
          </>
        ) : (
          <ul class="hits" aria-label="Found">
            {hits.map((hit) => (
              <li key={hit.id}>
                <button type="button" aria-current={hit.id === id} onClick={() => open(hit.id)}>
                  {labelOfId(hit.id)}
                  {hit.excerpt !== undefined && <small>{hit.excerpt}</small>}
                </button>
              </li>
            ))}
          </ul>
        )}
        {picked.size > 0 && (
          <div class="row" role="toolbar" aria-label="What is marked">
            <span>{picked.size} marked</span>
            {(["copy", "move", "delete", "export"] as const).map((kind) => (
              <button
                key={kind}
                type="button"
                class={kind === "delete" ? "danger" : ""}
                disabled={readOnly && kind !== "export"}
                title={kind === "export" ? undefined : why}
                onClick={() => setDialog(kind)}
              >
                {{ copy: "Copy", move: "Move", delete: "Delete", export: "Export" }[kind]}
              </button>
            ))}
            <button type="button" class="quiet" onClick={() => setPicked(new Set())}>
              None
            </button>
          </div>
        )}
        <div class="row apart">
          <LiveBadge live={store.live.value} />
          <button type="button" class="quiet" disabled={readOnly} title={why} onClick={() => setDialog("import")}>
            <Icon name="upload" /> Import
          </button>
        </div>
      </aside>
      <section class="panel">
        {creating !== undefined && creating.at === (id ?? "") ? (
          <NewKey session={session} edit={creating} onCreated={(key) => goToKey(new TextEncoder().encode(key))} />
        ) : id === undefined || keyBytes === undefined ? (
          <div class="stack">
            <Nothing icon="key" title="Choose a key">
              <p>
                Open folders with a click or <kbd>→</kbd>, mark several with <kbd>Space</kbd>, or go to a key by its
                name with <kbd>Ctrl K</kbd>.
              </p>
            </Nothing>
            <PlaceList title="Bookmarks" ids={bookmarks.value} />
            <PlaceList title="Seen last" ids={recentKeys.value} />
          </div>
        ) : isFolder(id) ? (
          <FolderPanel
            key={id}
            etcd={etcd}
            id={id}
            why={why}
            onReveal={() => store.reveal(id)}
            onPick={() => pick(id)}
          />
        ) : (
          <KeyPanel
            key={id}
            session={session}
            keyBytes={keyBytes}
            seen={seen?.[0] === id ? seen[1] : undefined}
            onFound={() => store.reveal(id)}
          />
        )}
      </section>
      {dialog === "import" && <ImportDialog session={session} onClose={() => setDialog(undefined)} />}
      {dialog !== undefined && dialog !== "import" && (
        <BatchDialog
          session={session}
          kind={dialog}
          picked={picked}
          onClose={(how) => {
            setDialog(undefined);
            if (how === "done") setPicked(new Set());
          }}
        />
      )}
    </div>
  );
}
