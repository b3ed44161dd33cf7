import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useDialog } from "./use-dialog.ts";

interface Question {
  readonly text: string;
  readonly verb: string;
  answer(given: "yes" | "no"): void;
}

const question = signal<Question | undefined>(undefined);

/** Asks for confirmation before something that cannot be undone. `verb` is the label of the button. */
export function ask(text: string, verb: string): Promise<boolean> {
  question.value?.answer("no");
  return new Promise((resolve) => {
    question.value = {
      text,
      verb,
      answer(given) {
        question.value = undefined;
        resolve(given === "yes");
      },
    };
  });
}

/** Thrown when the user declines: nothing was done, and it is not shown as an error. */
export class NotConfirmed extends Error {}

/** Like `ask`, but throws `NotConfirmed` if the user declines, so that the action stops. */
export async function askToConfirm(text: string, verb: string): Promise<void> {
  if (!(await ask(text, verb))) throw new NotConfirmed();
}

/** The dialog of `ask`; the page has one. */
export function Ask(): JSX.Element {
  const now = question.value;
  const dialog = useDialog(now !== undefined);
  return (
    <dialog ref={dialog} onClose={() => now?.answer("no")} aria-labelledby="question">
      <p id="question">{now?.text}</p>
      <div class="row end">
        <button type="button" onClick={() => now?.answer("no")}>
          Cancel
        </button>
        <button type="button" class="danger" onClick={() => now?.answer("yes")}>
          {now?.verb}
        </button>
      </div>
    </dialog>
  );
}
