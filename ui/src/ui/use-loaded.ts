import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { EtcdError } from "fetcd";
import { showTrouble } from "./notice.tsx";

type Loaded<T> = readonly [loaded: T | undefined, reload: () => Promise<void>, refused: boolean];

/**
 * What `load` gave last, and how to load again. `undefined` until the first time; trouble is shown, the old stays.
 * `refused`: this user may not see it.
 */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<T | undefined>(undefined);
  const [refused, setRefused] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);
  const reload = useCallback(async () => {
    running.current?.abort();
    const mine = (running.current = new AbortController());
    try {
      const value = await load(mine.signal);
      if (mine.signal.aborted) return;
      setLoaded(() => value);
      setRefused(false);
    } catch (error) {
      if (mine.signal.aborted) return;
      if (EtcdError.is(error) && error.reason === "PermissionDenied") setRefused(true);
      else showTrouble(error);
    }
  }, inputs);
  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [reload]);
  return [loaded, reload, refused];
}

/** As `useLoaded`, and loads again `everyMs` after each time that it has: a slow answer is waited for. */
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
