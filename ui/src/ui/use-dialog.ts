import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * A modal dialog that is open while `open` says so. It opens and closes before the page is drawn, and gives the focus back
 * at once: a key that is pressed right after goes where it belongs.
 */
export function useDialog(open: boolean): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    if (open) current?.showModal();
    else if (current !== null) {
      current.close();
      // Where nothing had the focus before, a field that is gone would keep it until the page is drawn.
      const { activeElement } = document;
      if (activeElement instanceof HTMLElement && current.contains(activeElement)) activeElement.blur();
    }
  }, [open]);
  return dialog;
}
