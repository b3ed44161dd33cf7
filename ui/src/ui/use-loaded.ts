import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { showTrouble } from "./notice.tsx";

/** What `load` gave last, and how to load again. `undefined` until the first time; trouble is shown, the old stays. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
): readonly [T | undefined, () => Promise<void>] {
  const [loaded, setLoaded] = useState<T | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  const reload = useCallback(async () => {
    running.current?.abort();
    const mine = (running.current = new AbortController());
    try {
      const value = await load(mine.signal);
      if (!mine.signal.aborted) setLoaded(() => value);
    } catch (error) {
      if (!mine.signal.aborted) showTrouble(error);
    }
  }, inputs);
  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [reload]);
  return [loaded, reload];
}

/** As `useLoaded`, and loads again `everyMs` after each time that it has: a slow answer is waited for. */
export function usePolled<T>(
  everyMs: number,
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
): readonly [T | undefined, () => Promise<void>] {
  const [polled, reload] = useLoaded(load, inputs);
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
  return [polled, reload];
}
