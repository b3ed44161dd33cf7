import { onAbort, pause } from "../transport/deadline.ts";
import type { Etcd } from "../v3/client.ts";
import type { Selector } from "../v3/keys.ts";

/** The wait before etcd is asked again that has told of a change and then did not answer, in milliseconds. */
const retryMs = 1000;

export interface Followed {
  readonly etcd: Etcd;
  readonly selector: Selector;
  /** Any of these ends it. */
  readonly ends: readonly (AbortSignal | undefined)[];
  readonly refresh: () => Promise<void>;
  readonly digest: () => string;
}

/**
 * The digest of flags, each time it has become another one. A watch tells when to refresh; changes that come while one is
 * taken in make one refresh together.
 */
export async function* followChanges({ etcd, selector, ends, refresh, digest }: Followed): AsyncGenerator<string> {
  const end = new AbortController();
  const removals = ends.map((signal) => signal && onAbort(signal, () => end.abort()));
  let told = digest();
  let dirty = true;
  let wake = (): void => undefined;
  const note = (): void => {
    dirty = true;
    wake();
  };

  async function watch(): Promise<void> {
    const watcher = etcd.watch(selector, { signal: end.signal, onCompaction: "resync", readyTimeoutMs: Infinity });
    await watcher.ready;
    // What was written before it began may have been missed by the refresh so far.
    note();
    for await (const _ of watcher.batches()) note();
  }

  try {
    const over = (): void => {
      end.abort();
      wake();
    };
    watch().then(over, over);
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
