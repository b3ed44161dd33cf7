interface Listening {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const listening = new WeakMap<AbortSignal, Listening>();

/**
 * Calls `call` when `signal`, which has not aborted yet, does. Returns what takes that back. However many wait for a
 * signal, it has one listener: Node takes more than ten for a leak, and says so on its standard error.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
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
