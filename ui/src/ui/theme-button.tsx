import { signal } from "@preact/signals";
import type { JSX } from "preact";

/** Undefined: as the system has it. Nothing is stored: the choice lasts as long as the page. */
const theme = signal<"light" | "dark" | undefined>(undefined);

export function ThemeButton(): JSX.Element {
  const dark = theme.value === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme.value === "dark";
  function toggle(): void {
    theme.value = dark ? "light" : "dark";
    document.documentElement.style.colorScheme = theme.value;
  }
  return (
    <button type="button" onClick={toggle} aria-pressed={dark}>
      Dark
    </button>
  );
}
