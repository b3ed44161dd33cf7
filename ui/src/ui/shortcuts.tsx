import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useDialog } from "./use-dialog.ts";

const opened = signal(false);

export function openShortcuts(): void {
  opened.value = true;
}

const shortcuts: readonly (readonly [string, string])[] = [
  ["Ctrl K or ⌘ K", "Commands, and every key by its name"],
  ["1 … 7", "The views, in their order"],
  ["/", "Filter the names in view"],
  ["n", "New key"],
  ["Ctrl S or ⌘ S", "Save the value"],
  ["↑ ↓ Home End", "Move in the tree"],
  ["→ ←", "Open and close a folder, or go to it"],
  ["Enter", "Show the key"],
  ["Space", "Mark a key or folder, to do the same with several"],
  ["?", "This list"],
  ["Esc", "Close what is open"],
];

export function Shortcuts(): JSX.Element {
  const dialog = useDialog(opened.value);
  return (
    <dialog ref={dialog} aria-labelledby="shortcuts" onClose={() => (opened.value = false)}>
      <div class="stack">
        <h2 id="shortcuts">Keyboard shortcuts</h2>
        <dl class="facts">
          {shortcuts.map(([keys, what]) => (
            <>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
        <div class="row end">
          <button type="button" onClick={() => (opened.value = false)}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  );
}

/** Whether a key press is meant for a field or a dialog rather than for the page. */
export function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  if (!(target instanceof Element)) return false;
  if (document.querySelector("dialog:modal") !== null) return true;
  return target.shadowRoot !== null || target.closest("input, select, textarea, [contenteditable]") !== null;
}
