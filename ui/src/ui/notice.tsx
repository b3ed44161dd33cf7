import { signal } from "@preact/signals";
import { EtcdError } from "fetcd";
import type { JSX } from "preact";
import { explainTrouble, type Explanation } from "../explain-trouble.ts";
import { host } from "../host.ts";
import { shownSession } from "../page-session.ts";
import { NotConfirmed } from "./ask.tsx";
import { Icon } from "./icon.tsx";

interface Toast extends Explanation {
  readonly id: number;
  readonly kind: "error" | "done";
  /** Takes back what was done. */
  readonly undo?: (() => Promise<unknown>) | undefined;
}

/** The last few things that went wrong or were done. More of them are not read. */
const toasts = signal<readonly Toast[]>([]);
const most = 3;
const doneForMs = 6_000;
/** There is time to think where something can be taken back. */
const undoForMs = 15_000;
let lastId = 0;

function show(toast: Omit<Toast, "id">): void {
  const id = ++lastId;
  const others = toasts.value.filter(({ title }) => title !== toast.title);
  toasts.value = [...others.slice(1 - most), { ...toast, id }];
  // What went wrong stays until somebody has read it.
  if (toast.kind === "done") setTimeout(() => dismiss(id), toast.undo === undefined ? doneForMs : undoForMs);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

export function tell(title: string, undo?: () => Promise<unknown>): void {
  show({ kind: "done", title, hints: [], undo });
}

export function showTrouble(error: unknown): void {
  // The page itself ended what was going on there, or somebody did not want it.
  if (error instanceof NotConfirmed || (EtcdError.is(error) && error.reason === "Closed")) return;
  const endpoint = shownSession.value?.endpoint ?? "etcd";
  const hosted = host.value?.kind === "ui";
  show({ kind: "error", ...explainTrouble(error, { endpoint, origin: location.origin, hosted }) });
}

/** Does what a button is for, and shows what goes wrong. */
export async function perform(action: () => Promise<unknown>, done?: string): Promise<void> {
  try {
    await action();
    if (done !== undefined) tell(done);
  } catch (error) {
    showTrouble(error);
  }
}

export function Notice(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, title, hints, undo }) => (
        <div key={id} class={`toast ${kind}`}>
          <Icon name={kind === "done" ? "check" : "warning"} />
          <div>
            <strong>{title}</strong>
            {hints.length > 0 && (
              <ul>
                {hints.map((hint) => (
                  <li key={hint}>{hint}</li>
                ))}
              </ul>
            )}
          </div>
          {undo !== undefined && (
            <button
              type="button"
              onClick={() => {
                dismiss(id);
                void perform(undo, "Undone");
              }}
            >
              Undo
            </button>
          )}
          <button type="button" class="quiet" onClick={() => dismiss(id)} aria-label="Dismiss">
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
