import type { Entry, Etcd } from "fetcd";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useLoaded } from "../ui/use-loaded.ts";
import { DiffView } from "./diff-view.tsx";
import { historyOf } from "./history.ts";

/** The past of a key, each version with what it changed. */
export function HistoryPanel({ etcd, entry }: { etcd: Etcd; entry: Entry }): JSX.Element {
  const [limit, setLimit] = useState(20);
  const [history] = useLoaded((signal) => historyOf(etcd, entry, limit, signal), [entry, limit]);
  if (history === undefined) return <p>Reading…</p>;
  const { entries, end } = history;
  return (
    <section aria-label="History">
      {entries.map((each, i) => {
        const before = entries[i + 1];
        return (
          <details key={each.modRevision} open={i === 0}>
            <summary>
              Revision {String(each.modRevision)} <small>version {String(each.version)}</small>
            </summary>
            {before !== undefined && <DiffView before={before.value} after={each.value} />}
            {before === undefined && end === "created" && <DiffView before={new Uint8Array()} after={each.value} />}
            {before === undefined && end !== "created" && <p>What it changed is not known.</p>}
          </details>
        );
      })}
      {end === "created" && <p>The key was created there.</p>}
      {end === "compacted" && <p>Older history is compacted.</p>}
      {end === "more" && (
        <button type="button" onClick={() => setLimit(limit * 2)}>
          Older
        </button>
      )}
    </section>
  );
}
