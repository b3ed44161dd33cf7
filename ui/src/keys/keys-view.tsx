import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Session } from "../session.ts";
import { textField } from "../ui/text-field.ts";
import { bytesOf, idOf } from "./key-id.ts";
import { KeyPanel } from "./key-panel.tsx";
import { KeyTree } from "./key-tree.tsx";
import { NewKey } from "./new-key.tsx";
import { createTreeStore } from "./tree-store.ts";

/** The tree on the left, the chosen key or a new one on the right. */
export function KeysView({ session }: { session: Session }): JSX.Element {
  const { etcd, identity } = session;
  const store = useMemo(() => createTreeStore(etcd, identity.permissions), [etcd, identity]);
  useEffect(() => () => store.close(), [store]);
  const [selected, setSelected] = useState<string | undefined>(undefined);
  const [creating, setCreating] = useState(false);
  const keyBytes = useMemo(() => (selected === undefined ? undefined : bytesOf(selected)), [selected]);

  function open(id: string): void {
    setCreating(false);
    setSelected(id);
  }

  function go(event: Event & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const key = textField(event.currentTarget, "key");
    if (key !== "") open(idOf(new TextEncoder().encode(key)));
  }

  const folder = selected === undefined ? "" : selected.slice(0, selected.lastIndexOf("/") + 1);
  return (
    <div class="columns">
      <h1 class="unseen">Keys</h1>
      <aside>
        <div class="row">
          <form role="search" class="row" onSubmit={go}>
            <input name="key" type="search" placeholder="Go to key" aria-label="Go to key" spellcheck={false} />
          </form>
          <button type="button" onClick={() => setCreating(true)}>
            New key
          </button>
          <small class="live">{store.live.value ? "live" : "not live"}</small>
        </div>
        <KeyTree store={store} selected={selected} onSelect={open} />
      </aside>
      <section class="panel">
        {creating ? (
          <NewKey
            key={folder}
            etcd={etcd}
            prefix={new TextDecoder().decode(bytesOf(folder))}
            onCreated={(key) => open(idOf(new TextEncoder().encode(key)))}
          />
        ) : keyBytes === undefined ? (
          <p class="empty">Choose a key.</p>
        ) : (
          <KeyPanel key={selected} etcd={etcd} keyBytes={keyBytes} seen={store.changed.value.get(selected ?? "")} />
        )}
      </section>
    </div>
  );
}
