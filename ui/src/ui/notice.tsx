import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { explainTrouble, type Explanation } from "../explain-trouble.ts";
import { host } from "../host.ts";
import { session } from "../session.ts";

/** The last thing that went wrong, or was done. One at a time: a pile of them is not read. */
const notice = signal<(Explanation & { readonly kind: "error" | "done" }) | undefined>(undefined);

export function tell(title: string): void {
  notice.value = { kind: "done", title, hints: [] };
}

export function showTrouble(error: unknown): void {
  const endpoint = session.value?.endpoint ?? "etcd";
  const hosted = host.value?.kind === "ui";
  notice.value = { kind: "error", ...explainTrouble(error, { endpoint, origin: location.origin, hosted }) };
}

/** Does what a button is for, and shows what goes wrong. */
export async function attempt(action: () => Promise<unknown>, done?: string): Promise<void> {
  try {
    await action();
    if (done !== undefined) tell(done);
  } catch (error) {
    showTrouble(error);
  }
}

export function Notice(): JSX.Element {
  const now = notice.value;
  return (
    <div class="notice" role="status" aria-live="polite">
      {now && (
        <div class={`card ${now.kind}`}>
          <strong>{now.title}</strong>
          {now.hints.length > 0 && (
            <ul>
              {now.hints.map((hint) => (
                <li key={hint}>{hint}</li>
              ))}
            </ul>
          )}
          <button type="button" onClick={() => (notice.value = undefined)} aria-label="Dismiss">
            ×
          </button>
        </div>
      )}
    </div>
  );
}
