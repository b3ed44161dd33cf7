import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useRights } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { perform, tell } from "../ui/notice.tsx";
import { keyCount } from "../ui/size.ts";
import { DiffView } from "./diff-view.tsx";
import { bytesOf } from "./key-id.ts";
import { labelOfId } from "./bookmarks.ts";
import { compared, type Compared, importAll, readTransfer, readYamlTransfer } from "./transfer.ts";
import type { YamlNode } from "./yaml-tree.ts";

interface Props {
  readonly session: PageSession;
  onClose(): void;
}

const mostKeys = 20_000;
const sample = 20;

/** Imports a file: shows first what it would change. */
export function ImportDialog({ session, onClose }: Props): JSX.Element {
  const { etcd } = session;
  const rights = useRights(session);
  const dialog = useRef<HTMLDialogElement>(null);
  const running = useRef(new AbortController());
  const [plan, setPlan] = useState<readonly Compared[] | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    dialog.current?.showModal();
    return () => running.current.abort();
  }, []);

  async function choose(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    setPlan(undefined);
    setBusy(true);
    try {
      const text = await file.text();
      const given = /\.ya?ml$/i.test(file.name) ? readYamlTransfer(text, await yamlParser()) : readTransfer(text);
      if (given.length > mostKeys) throw new Error("More than 20,000 keys: import them with fetcd import.");
      setPlan(await compared(etcd, given, running.current.signal));
    } finally {
      setBusy(false);
    }
  }

  async function run(now: readonly Compared[]): Promise<void> {
    const skipped = await importAll(etcd, now, running.current.signal);
    const left = skipped.length > 0 ? `; ${keyCount(skipped.length)} changed meanwhile and left alone` : "";
    tell(`Imported ${keyCount(writes - skipped.length)}${left}`);
    onClose();
  }

  const count = (kind: Compared["kind"]): number => plan?.filter((each) => each.kind === kind).length ?? 0;
  const writes = count("new") + count("changed");
  const barred = plan?.find(({ id, kind }) => kind !== "same" && rights.whyNotChange([bytesOf(id)]) !== undefined);
  return (
    <dialog ref={dialog} aria-labelledby="import-title" onClose={onClose}>
      <div class="stack">
        <h2 id="import-title">Import keys</h2>
        <label>
          NDJSON, as fetcd export writes it, or a tree as JSON or YAML
          <input
            type="file"
            accept=".json,.ndjson,.jsonl,.yaml,.yml"
            disabled={busy}
            onChange={(event) => void perform(() => choose(event.currentTarget.files?.[0]))}
          />
        </label>
        {plan !== undefined && (
          <>
            <p>
              <span class="badge good">{count("new")} new</span>{" "}
              <span class="badge warn">{count("changed")} changed</span>{" "}
              <span class="badge">{count("same")} as they are</span>
            </p>
            {barred && <p class="callout warn">Your roles do not let you write {labelOfId(barred.id)}.</p>}
            <div class="versions">
              {plan
                .filter(({ kind }) => kind !== "same")
                .slice(0, sample)
                .map(({ id, kind, value, before }) => (
                  <details key={id}>
                    <summary class="mono">
                      {labelOfId(id)} <span class={`badge ${kind === "new" ? "good" : "warn"}`}>{kind}</span>
                    </summary>
                    <DiffView before={before ?? new Uint8Array()} after={value} />
                  </details>
                ))}
              {writes > sample && <p class="soft">… and {writes - sample} more</p>}
            </div>
          </>
        )}
      </div>
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          disabled={plan === undefined || writes === 0 || busy || barred !== undefined}
          onClick={() => plan && void perform(() => run(plan))}
        >
          Write {keyCount(writes)}
        </button>
      </div>
    </dialog>
  );
}

async function yamlParser(): Promise<(text: string) => YamlNode> {
  const { parseYaml } = await import("./code-editor.ts");
  return parseYaml;
}
