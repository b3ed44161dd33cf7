import { createScope } from "../recipes/wait.ts";
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
  const broken = new AbortController();
  const scope = createScope([broken.signal, ...ends]);
  const { signal } = scope;
  let told = digest();
  let dirty = true;
  let wake = (): void => undefined;
  const note = (): void => {
    dirty = true;
    wake();
  };
  const over = (): void => broken.abort();
  onAbort(signal, note);
  try {
    changes(note, signal).then(over, over);
    while (!signal.aborted) {
      if (!dirty) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      dirty = false;
      try {
        await refresh();
      } catch {
        dirty = true;
        await pause(retryMs, signal).catch(() => undefined);
      }
      if (digest() === told) continue;
      told = digest();
      yield told;
    }
  } finally {
    over();
    scope.end();
  }
}
