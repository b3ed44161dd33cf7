import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { EtcdError } from "fetcd";
import { showTrouble } from "./notice.tsx";

type Loaded<T> = readonly [loaded: T | undefined, reload: () => Promise<void>, refused: boolean];

/**
 * The last result of `load`, and a function to load again. The result is `undefined` until the first load succeeds; errors
 * are shown, and the old result stays. `refused`: this user may not see it. A load that is replaced by a newer one resolves
 * together with it.
 */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<T | undefined>(undefined);
  const [refused, setRefused] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);
  const latest = useRef<Promise<void> | undefined>(undefined);
  const reload = useCallback(() => (latest.current = loadOnce()), inputs);
  async function loadOnce(): Promise<void> {
    running.current?.abort();
    const mine = (running.current = new AbortController());
    const isOver = (): boolean => mine.signal.aborted;
    const newer = (): Promise<void> | undefined => (running.current === mine ? undefined : latest.current);
    try {
      const value = await load(mine.signal);
      if (isOver()) return await newer();
      setLoaded(() => value);
      setRefused(false);
    } catch (error) {
      if (isOver()) return await newer();
      if (EtcdError.is(error) && error.reason === "PermissionDenied") setRefused(true);
      else showTrouble(error);
    }
  }
  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [reload]);
  return [loaded, reload, refused];
}

/** Like `useLoaded`, and loads again `everyMs` after each load has ended, so that slow answers do not pile up. */
export function usePolled<T>(
  everyMs: number,
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
): Loaded<T> {
  const [polled, reload, refused] = useLoaded(load, inputs);
  useEffect(() => {
    let timer = setTimeout(poll, everyMs);
    let gone = false;
    async function poll(): Promise<void> {
      await reload();
      if (!gone) timer = setTimeout(poll, everyMs);
    }
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [reload, everyMs]);
  return [polled, reload, refused];
}
