import { onAbort, pause } from "../transport/deadline.ts";

/** The wait before etcd is asked again that has told of a change and then did not answer, in milliseconds. */
const retryMs = 1000;

export interface Followed {
  /** Calls `note` after each change that may be one of these flags, until `signal` aborts. Ends with it, or when it breaks. */
  readonly changes: (note: () => void, signal: AbortSignal) => Promise<void>;
  /** Any of these ends it. */
  readonly ends: readonly (AbortSignal | undefined)[];
  readonly refresh: () => Promise<void>;
  readonly digest: () => string;
}

/**
 * The digest of flags, each time it has become another one. Changes that come while one is taken in make one refresh
 * together.
 */
export async function* followChanges({ changes, ends, refresh, digest }: Followed): AsyncGenerator<string> {
  const end = new AbortController();
  let told = digest();
  let dirty = true;
  let wake = (): void => undefined;
  const note = (): void => {
    dirty = true;
    wake();
  };
  const over = (): void => {
    end.abort();
    wake();
  };
  const removals = ends.map((signal) => signal && onAbort(signal, over));
  try {
    changes(note, end.signal).then(over, over);
    while (!end.signal.aborted) {
      if (!dirty) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      dirty = false;
      try {
        await refresh();
      } catch {
        dirty = true;
        await pause(retryMs, end.signal).catch(() => undefined);
      }
      if (digest() === told) continue;
      told = digest();
      yield told;
    }
  } finally {
    end.abort();
    for (const remove of removals) remove?.();
  }
}
