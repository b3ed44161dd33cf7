import { unexpected } from "../../transport/errors/etcd-error.ts";

/** The window of a page, or whatever tells in its words whether there is anybody to watch for. */
export interface PageLifecycle extends Pick<EventTarget, "addEventListener" | "removeEventListener"> {
  /** Whether the page is visible; hidden while `visibilityState` is "hidden". */
  readonly document?: { readonly visibilityState: string } | undefined;
  /** Whether the machine has a network; offline while `onLine` is `false`. */
  readonly navigator?: { readonly onLine: boolean } | undefined;
}

const events = ["visibilitychange", "freeze", "resume", "pagehide", "pageshow", "offline", "online"];

/**
 * Calls `pause` when a page is hidden, frozen, left or offline, and `resume` when all of that is over. Returns
 * what ends that.
 */
export function followPage(page: PageLifecycle, pause: () => void, resume: () => void): () => void {
  let frozen = false;
  let paused = false;

  function look(): void {
    const away = frozen || page.document?.visibilityState === "hidden" || page.navigator?.onLine === false;
    if (away === paused) return;
    paused = away;
    if (away) pause();
    else resume();
  }

  function onEvent({ type }: { readonly type: string }): void {
    if (type === "freeze" || type === "pagehide") frozen = true;
    if (type === "resume" || type === "pageshow") frozen = false;
    look();
  }

  // Some are sent to the document: its window hears them in the capturing phase.
  for (const type of events) page.addEventListener(type, onEvent, true);
  look();
  return () => {
    for (const type of events) page.removeEventListener(type, onEvent, true);
  };
}

export function checkPageLifecycle(page: unknown): void {
  const target = page as Partial<PageLifecycle> | null;
  if (typeof target === "object" && typeof target?.addEventListener === "function") return;
  throw unexpected("pageLifecycle", "the window of a page", page);
}
