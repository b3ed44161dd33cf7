import type { Etcd } from "fetcd";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { goToKey } from "../page-route.ts";
import { Icon } from "../ui/icon.tsx";
import { Skeleton } from "../ui/reading.tsx";
import { keyCount } from "../ui/size.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { bytesOf } from "./key-id.ts";
import { newKey } from "./new-key.tsx";
import { bookmarks, labelOfId, toggleBookmark } from "./bookmarks.ts";

interface Props {
  readonly etcd: Etcd;
  readonly id: string;
  /** Why nothing may be written; `undefined` if it may. */
  readonly why: string | undefined;
  onReveal(): void;
  onPick(): void;
}

/** Shows how many keys a folder has, and the actions for all of them. */
export function FolderPanel({ etcd, id, why, onReveal, onPick }: Props): JSX.Element {
  const [count, , refused] = useLoaded((signal) => etcd.count({ prefix: bytesOf(id) }, { signal }), [etcd, id]);
  const [own] = useLoaded((signal) => etcd.has(bytesOf(id), { signal }), [etcd, id]);
  useEffect(onReveal, [id]);
  const kept = bookmarks.value.includes(id);
  return (
    <article aria-label={`Folder ${labelOfId(id)}`} class="stack">
      <div class="keyhead">
        <h2>{labelOfId(id)}</h2>
        <button type="button" class="quiet" aria-pressed={kept} onClick={() => toggleBookmark(id)}>
          <Icon name="star" /> {kept ? "Bookmarked" : "Bookmark"}
        </button>
      </div>
      {refused ? (
        <p class="soft">Your roles let you see only a part of it.</p>
      ) : count === undefined ? (
        <Skeleton lines={1} />
      ) : (
        <p>{keyCount(count)}</p>
      )}
      {own === true && (
        <p>
          One of them has the same name as the folder.{" "}
          <button type="button" onClick={() => goToKey(bytesOf(id))}>
            <Icon name="key" /> Show the key {labelOfId(id)}
          </button>
        </p>
      )}
      <div class="row">
        <button type="button" disabled={why !== undefined} title={why} onClick={newKey}>
          <Icon name="plus" /> New key here
        </button>
        <button type="button" onClick={onPick}>
          <Icon name="select" /> Mark to copy, move, delete or export
        </button>
      </div>
    </article>
  );
}
