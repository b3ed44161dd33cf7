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
  /** Undoes the action. */
  readonly undo?: (() => Promise<unknown>) | undefined;
}

/** The last few errors and completed actions. Nobody reads more. */
const toasts = signal<readonly Toast[]>([]);
const most = 3;
const doneForMs = 6_000;
/** Longer than `doneForMs`, so that there is time to decide about an undo. */
const undoForMs = 15_000;
let lastId = 0;

function show(toast: Omit<Toast, "id">): void {
  const id = ++lastId;
  const others = toasts.value.filter(({ title }) => title !== toast.title);
  toasts.value = [...others.slice(1 - most), { ...toast, id }];
  // Errors stay until the user closes them.
  if (toast.kind === "done") setTimeout(() => dismiss(id), toast.undo === undefined ? doneForMs : undoForMs);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

export function tell(title: string, undo?: () => Promise<unknown>): void {
  show({ kind: "done", title, hints: [], undo });
}

export function showTrouble(error: unknown): void {
  // The page closed the connection, or the user declined: neither is an error.
  if (error instanceof NotConfirmed || (EtcdError.is(error) && error.reason === "Closed")) return;
  const endpoint = shownSession.value?.endpoint ?? "etcd";
  const hosted = host.value?.kind === "ui";
  show({ kind: "error", ...explainTrouble(error, { endpoint, origin: location.origin, hosted }) });
}

/** Runs the action of a button, and shows its errors. */
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
