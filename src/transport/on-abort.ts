interface Listening {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

/** It saves listeners, and decides nothing else: another copy of this package has one of its own. */
const listening = new WeakMap<AbortSignal, Listening>();

/**
 * Calls `call` when `signal` aborts, at once if it has. Returns what takes that back. However many wait for a signal, it
 * has one listener: Node takes more than ten for a leak, and says so on its standard error.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => undefined;
  }
  const { calls, listener } = listening.get(signal) ?? listen(signal);
  calls.add(call);
  return () => {
    if (!calls.delete(call) || calls.size > 0) return;
    listening.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function listen(signal: AbortSignal): Listening {
  const calls = new Set<() => void>();
  const started = { calls, listener: () => calls.forEach((call) => call()) };
  listening.set(signal, started);
  signal.addEventListener("abort", started.listener);
  return started;
}

/** What was made for a signal already: it saves listeners, and decides nothing else. */
const followed = new WeakMap<AbortSignal, AbortSignal>();

/** The signal itself; for one without a `reason`, as polyfills make them, the platform's own that aborts with it. */
export function withReason(signal: AbortSignal): AbortSignal {
  if ("reason" in signal) return signal;
  const known = followed.get(signal);
  if (known !== undefined) return known;
  const controller = new AbortController();
  const polyfill: Pick<AbortSignal, "aborted" | "addEventListener"> = signal;
  if (polyfill.aborted) controller.abort();
  else polyfill.addEventListener("abort", () => controller.abort(), { once: true });
  followed.set(signal, controller.signal);
  return controller.signal;
}
