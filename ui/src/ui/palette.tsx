import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";
import { useDialog } from "./use-dialog.ts";

/** A command that is available everywhere. */
export interface PaletteCommand {
  readonly title: string;
  readonly icon: IconName;
  /** The keyboard shortcut for it. */
  readonly keys?: string;
  run(): void;
}

const opened = signal(false);

export function openPalette(): void {
  opened.value = true;
}

interface Props {
  /** The commands that match a text, the best first. */
  find(text: string): readonly PaletteCommand[];
}

/** Finds commands and keys by name: Ctrl+K, some letters, Enter. */
export function Palette({ find }: Props): JSX.Element {
  const dialog = useDialog(opened.value);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = opened.value ? find(text).slice(0, 50) : [];
  const chosen = Math.min(at, found.length - 1);

  useLayoutEffect(() => {
    setText("");
    setAt(0);
  }, [opened.value]);

  function run(command: PaletteCommand | undefined): void {
    opened.value = false;
    // Run later, after the dialog has returned the focus, since the command may move it.
    setTimeout(() => command?.run());
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((chosen + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  }

  return (
    <dialog ref={dialog} class="palette" aria-label="Commands" onClose={() => (opened.value = false)}>
      <input
        type="text"
        role="combobox"
        aria-label="Command or key"
        aria-expanded={true}
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `command-${chosen}` : undefined}
        placeholder="Type a command, or a key to go to…"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="Commands">
        {found.map((command, i) => (
          <li
            key={command.title}
            id={`command-${i}`}
            role="option"
            aria-selected={i === chosen}
            onPointerMove={() => setAt(i)}
            onClick={() => run(command)}
          >
            <Icon name={command.icon} />
            <span>{command.title}</span>
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
          </li>
        ))}
      </ul>
    </dialog>
  );
}
