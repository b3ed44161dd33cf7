import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Question {
  readonly text: string;
  readonly verb: string;
  answer(yes: boolean): void;
}

const question = signal<Question | undefined>(undefined);

/** Asks before something that cannot be undone. `verb` is what the button says. */
export function ask(text: string, verb: string): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      text,
      verb,
      answer(yes) {
        question.value = undefined;
        resolve(yes);
      },
    };
  });
}

/** The dialog, once in the page. */
export function Ask(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const now = question.value;
  useEffect(() => {
    if (now !== undefined) dialog.current?.showModal();
    else dialog.current?.close();
  }, [now]);
  return (
    <dialog ref={dialog} onClose={() => now?.answer(false)} aria-labelledby="question">
      <p id="question">{now?.text}</p>
      <div class="row end">
        <button type="button" onClick={() => now?.answer(false)}>
          Cancel
        </button>
        <button type="button" class="danger" onClick={() => now?.answer(true)}>
          {now?.verb}
        </button>
      </div>
    </dialog>
  );
}
