import type { JSX } from "preact";
import { go } from "../page-route.ts";
import { Icon } from "../ui/icon.tsx";
import { isFolder } from "./key-id.ts";
import { labelOfId } from "./bookmarks.ts";

/** A list of links to keys and folders. */
export function PlaceList({
  title,
  ids,
}: {
  readonly title: string;
  readonly ids: readonly string[];
}): JSX.Element | null {
  if (ids.length === 0) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      <ul class="hits" aria-label={title}>
        {ids.map((id) => (
          <li key={id}>
            <button type="button" onClick={() => go("keys", id)}>
              <Icon name={isFolder(id) ? "folder" : "key"} /> <span>{labelOfId(id)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
