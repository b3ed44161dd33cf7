import { signal } from "@preact/signals";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const stored = "fetcd-ui-looks";

interface Looks {
  readonly theme: Theme;
  /** `undefined` follows the system. */
  readonly contrast: boolean | undefined;
}

function read(): Looks {
  const [theme, contrast] = (localStorage.getItem(stored) ?? "").split(" ");
  return {
    theme: themes.find((each) => each === theme) ?? "system",
    contrast: contrast === "more" ? true : contrast === "less" ? false : undefined,
  };
}

/** The look of the page, the same for every connection. */
export const looks = signal<Looks>(read());

export const isDark = (): boolean =>
  looks.value.theme === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : looks.value.theme === "dark";
export const isContrast = (): boolean => looks.value.contrast ?? matchMedia("(prefers-contrast: more)").matches;

export function setLooks(change: Partial<Looks>): void {
  looks.value = { ...looks.value, ...change };
  const { theme, contrast } = looks.value;
  localStorage.setItem(stored, `${theme} ${contrast === undefined ? "" : contrast ? "more" : "less"}`);
  applyLooks();
}

export function applyLooks(): void {
  const { theme } = looks.value;
  const root = document.documentElement;
  root.dataset["theme"] = theme;
  root.dataset["contrast"] = isContrast() ? "more" : "";
}
