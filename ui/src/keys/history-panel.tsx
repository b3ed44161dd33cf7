import type { Entry } from "fetcd";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageSession } from "../page-session.ts";
import { Skeleton } from "../ui/reading.tsx";
import { size } from "../ui/size.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { DiffView } from "./diff-view.tsx";
import { historyOf } from "./key-history.ts";

interface Props {
  readonly session: PageSession;
  readonly entry: Entry;
  readonly disabled: boolean;
  onRestore(entry: Entry): void;
}

/** Shows the versions of a key with their changes. A difference is computed only when it is opened. */
export function HistoryPanel({ session: { etcd, times }, entry, disabled, onRestore }: Props): JSX.Element {
  const [limit, setLimit] = useState(20);
  const [opened, setOpened] = useState<ReadonlySet<bigint>>(new Set([entry.modRevision]));
  const [against, setAgainst] = useState("");
  const [history] = useLoaded((signal) => historyOf(etcd, entry, limit, signal), [entry, limit]);
  if (history === undefined) return <Skeleton lines={3} />;
  const { entries, end } = history;
  const other = entries.find(({ modRevision }) => String(modRevision) === against);
  return (
    <section aria-label="History" class="versions">
      <label class="check">
        Compare with
        <select value={against} onChange={(event) => setAgainst(event.currentTarget.value)}>
          <option value="">the version before each</option>
          {entries.map(({ modRevision }) => (
            <option key={modRevision} value={String(modRevision)}>
              revision {String(modRevision)}
            </option>
          ))}
        </select>
      </label>
      {entries.map((each, i) => {
        const before = other ?? entries[i + 1];
        const known = before?.value ?? (end === "created" ? new Uint8Array() : undefined);
        return (
          <details
            key={each.modRevision}
            open={opened.has(each.modRevision)}
            onToggle={(event) => {
              const next = new Set(opened);
              if (event.currentTarget.open) next.add(each.modRevision);
              else next.delete(each.modRevision);
              setOpened(next);
            }}
          >
            <summary>
              Revision {String(each.modRevision)} <small>version {String(each.version)}</small>{" "}
              <small>{size(each.value.length)}</small> <small>seen {times.ago(each.modRevision)}</small>{" "}
              {i === 0 && <span class="badge accent">now</span>}
            </summary>
            {opened.has(each.modRevision) && (
              <>
                {known === undefined ? (
                  <p class="soft">Its changes are not known: the version before it is compacted.</p>
                ) : (
                  <DiffView before={known} after={each.value} />
                )}
                {i > 0 && (
                  <button type="button" disabled={disabled} onClick={() => onRestore(each)}>
                    Restore this version
                  </button>
                )}
              </>
            )}
          </details>
        );
      })}
      {end === "created" && <p class="soft">The key was created with this version.</p>}
      {end === "compacted" && <p class="soft">Older history is compacted.</p>}
      {end === "more" && (
        <button type="button" onClick={() => setLimit(limit * 2)}>
          Older
        </button>
      )}
    </section>
  );
}
