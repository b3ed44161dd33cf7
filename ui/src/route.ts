import { signal } from "@preact/signals";

export const views = ["keys", "leases", "holds", "cluster", "users"] as const;
export type View = (typeof views)[number];

/** The view that the address names after `#`. */
export const view = signal<View>(named());

addEventListener("hashchange", () => (view.value = named()));

function named(): View {
  const name = location.hash.slice(1);
  return views.find((each) => each === name) ?? "keys";
}
