import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * A modal dialog that is open while `open` is true. It opens and closes before the page is drawn, and returns the focus at
 * once, so that the next key press goes to the right element.
 */
export function useDialog(open: boolean): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    if (open) current?.showModal();
    else if (current !== null) {
      current.close();
      // If nothing had the focus before, a removed field would keep it until the page is drawn.
      const { activeElement } = document;
      if (activeElement instanceof HTMLElement && current.contains(activeElement)) activeElement.blur();
    }
  }, [open]);
  return dialog;
}
