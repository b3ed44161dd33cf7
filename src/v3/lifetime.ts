import { boundBy, raceAbort } from "../transport/abort.ts";
import { type EtcdError, notApplied } from "../transport/errors/etcd-error.ts";

/** How long `close` waits for the close hooks, in milliseconds. */
const closeTimeoutMs = 2000;

/** The life of a client, that of all its views. */
export interface Lifetime {
  readonly signal: AbortSignal;
  beforeClose(work: () => Promise<unknown>): () => void;
  close(): Promise<void>;
}

/** `end`: ends all calls. It is called at once where nothing asked to be done before. */
export function createLifetime(end: () => void): Lifetime {
  const controller = new AbortController();
  const closeHooks = new Set<() => Promise<unknown>>();
  let closing: Promise<void> | undefined;

  function finish(): void {
    end();
    controller.abort(closedError());
  }

  async function close(): Promise<void> {
    if (closeHooks.size === 0) return finish();
    const all = [...closeHooks].map(async (work) => work());
    const patience = boundBy(closeTimeoutMs, undefined);
    await raceAbort(Promise.allSettled(all), patience.signal).catch(() => undefined);
    patience.end();
    finish();
  }

  return {
    signal: controller.signal,
    beforeClose(work) {
      if (closing !== undefined) throw closedError();
      // A function of its own each time, so that the same one may be given twice.
      const hook = (): Promise<unknown> => work();
      closeHooks.add(hook);
      return () => void closeHooks.delete(hook);
    },
    close: () => (closing ??= close()),
  };
}

function closedError(): EtcdError {
  return notApplied("the client is closed", "Closed");
}
