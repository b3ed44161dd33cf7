import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useRights } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { perform, showTrouble, tell } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";
import { Skeleton } from "../ui/reading.tsx";
import { keyCount } from "../ui/size.ts";
import { type Action, carryOut, commonFolder, movedId, type Plan, planFor, type BatchProgress } from "./batch.ts";
import { bytesOf, idOf, labelOf } from "./key-id.ts";
import { labelOfId } from "./bookmarks.ts";
import { ndjsonOf, treeOf, yamlOf } from "./transfer.ts";

export type BatchKind = "delete" | "copy" | "move" | "export";

interface Props {
  readonly session: PageSession;
  readonly kind: BatchKind;
  readonly picked: ReadonlySet<string>;
  onClose(how: "done" | "canceled"): void;
}

const titles: Readonly<Record<BatchKind, string>> = {
  delete: "Delete keys",
  copy: "Copy keys",
  move: "Move keys",
  export: "Export keys",
};
const verbs: Readonly<Record<BatchKind, string>> = { delete: "Delete", copy: "Copy", move: "Move", export: "Export" };
const formats: Readonly<Record<string, readonly [file: string, write: typeof treeOf]>> & {
  readonly ndjson: readonly [file: string, write: typeof treeOf];
} = {
  ndjson: ["keys.ndjson", ndjsonOf],
  tree: ["keys.json", treeOf],
  yaml: ["keys.yaml", yamlOf],
};
const sample = 8;

/** Deletes, copies, moves or exports many keys: shows first what would happen, then the progress. */
export function BatchDialog({ session, kind, picked, onClose }: Props): JSX.Element {
  const { etcd } = session;
  const rights = useRights(session);
  const dialog = useRef<HTMLDialogElement>(null);
  const running = useRef(new AbortController());
  const [plan, setPlan] = useState<Plan | undefined>(undefined);
  const [progress, setProgress] = useState<BatchProgress | undefined>(undefined);
  const from = commonFolder([...picked]);
  const [to, setTo] = useState(`${labelOfId(from)}copy/`);
  const [form, setForm] = useState("ndjson");

  useEffect(() => {
    dialog.current?.showModal();
    planFor(etcd, picked, running.current.signal).then(setPlan, (error: unknown) => {
      if (!running.current.signal.aborted) showTrouble(error);
      onClose("canceled");
    });
    return () => running.current.abort();
  }, []);

  const target = idOf(new TextEncoder().encode(to));
  const relocates = kind === "copy" || kind === "move";
  const self = relocates && (target === from || (kind === "move" && [...picked].some((id) => target.startsWith(id))));

  async function run(now: Plan): Promise<void> {
    const { signal } = running.current;
    if (kind === "export") {
      const entries = [];
      for (const { id } of now.keys) {
        const entry = await etcd.get(bytesOf(id), { revision: now.revision, signal });
        if (entry !== null) entries.push(entry);
        setProgress({ done: entries.length, total: now.keys.length, skipped: [] });
      }
      const [file, write] = formats[form] ?? formats.ndjson;
      saveFile(file, new Blob([write(entries)]));
    } else {
      const action: Action = kind === "delete" ? { kind } : { kind, from, to: target };
      let last: BatchProgress = { done: 0, total: now.keys.length, skipped: [] };
      for await (last of carryOut(etcd, now, action, signal)) setProgress(last);
      tell(
        `${{ delete: "Deleted", copy: "Copied", move: "Moved" }[kind]} ${last.done} of ${keyCount(last.total)}` +
          (last.skipped.length > 0
            ? `; ${keyCount(last.skipped.length)} changed or taken meanwhile and left alone`
            : ""),
      );
    }
    onClose("done");
  }

  const written =
    progress === undefined &&
    plan?.keys.flatMap(({ id }) => [
      ...(kind === "delete" || kind === "move" ? [bytesOf(id)] : []),
      ...(relocates ? [bytesOf(movedId(id, from, target))] : []),
    ]);
  const barred = (written || []).find((key) => rights.whyNotChange([key]) !== undefined);
  const examples = plan?.keys.slice(0, sample) ?? [];
  return (
    <dialog ref={dialog} aria-labelledby="batch-title" onClose={() => onClose("canceled")}>
      <div class="stack">
        <h2 id="batch-title">{titles[kind]}</h2>
        {plan === undefined ? (
          <Skeleton lines={3} />
        ) : (
          <>
            <p>
              <strong>{keyCount(plan.keys.length)}</strong>, as of revision {String(plan.revision)}. Keys that somebody
              changes from now on are left alone.
            </p>
            {relocates && (
              <label>
                To the prefix
                <input
                  value={to}
                  class="mono"
                  spellcheck={false}
                  onInput={(event) => setTo(event.currentTarget.value)}
                />
              </label>
            )}
            {self && <p class="callout warn">The keys cannot go into themselves: choose another prefix.</p>}
            {barred && <p class="callout warn">Your roles do not let you write {labelOf(barred)}.</p>}
            {kind === "export" && (
              <label>
                As
                <select value={form} onChange={(event) => setForm(event.currentTarget.value)}>
                  <option value="ndjson">NDJSON, for fetcd import</option>
                  <option value="tree">a JSON tree, for text</option>
                  <option value="yaml">a YAML tree, for text</option>
                </select>
              </label>
            )}
            <ul class="mono" aria-label="What it does">
              {examples.map(({ id }) => (
                <li key={id}>
                  {labelOfId(id)}
                  {relocates && ` → ${labelOfId(movedId(id, from, target))}`}
                </li>
              ))}
              {plan.keys.length > sample && <li>… and {plan.keys.length - sample} more</li>}
            </ul>
          </>
        )}
        {progress !== undefined && (
          <progress aria-label="How far it is" max={progress.total} value={progress.done + progress.skipped.length} />
        )}
      </div>
      <div class="row end">
        <button type="button" onClick={() => onClose("canceled")}>
          Cancel
        </button>
        <button
          type="button"
          class={kind === "delete" ? "danger" : "primary"}
          disabled={
            plan === undefined || plan.keys.length === 0 || progress !== undefined || self || barred !== undefined
          }
          onClick={() => plan && void perform(() => run(plan)).then(() => setProgress(undefined))}
        >
          {verbs[kind]} {plan !== undefined && keyCount(plan.keys.length)}
        </button>
      </div>
    </dialog>
  );
}
