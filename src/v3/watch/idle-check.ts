import type { Connection } from "../../transport/connection.ts";
import { KV } from "../../transport/codec/services.ts";
import { elapsedSince, type Moment, now } from "../../transport/clock.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { blamesEndpoint } from "../../transport/retry/attempt.ts";

/** How long a stream may be silent before its member has to have answered something else, in milliseconds. */
export const defaultIdleMs = 10_000;

/** Looks this often, within `idleMs`. A member is asked after two silent looks and has the time of one to answer. */
const looks = 5;
const maxIntervalMs = 5000;
const longestAnswerMs = 2000;
/** A call without an answer for this long, in milliseconds, says that the member is silent. */
const silentCallMs = 1000;
/**
 * Where the member answers but the stream stays silent, it alone may be half open: another one takes its place after four
 * times `idleMs` and a bit, with the default 40.5 to 49.5 s, below the 60 s at which proxies cut.
 */
const renewAfter = { least: 4.05, spread: 0.4 };
/** A check that is this late, in milliseconds, means that the machine slept. */
const sleptMs = 10_000;

/** An open stream, as far as its health goes. */
export interface CheckedStream {
  readonly endpoint: string;
  /** Time since the server last said anything on it, in milliseconds. */
  readonly silentMs: number;
  /** A key that may be read where the stream may be. */
  readonly key: Uint8Array | undefined;
  close(): void;
}

export interface IdleCheck {
  /** Does nothing where it runs. */
  start(): void;
  stop(): void;
}

/**
 * Looks after open streams. One that has been silent for long is asked about, by a read of its member: where that fails,
 * or another call of the client finds the member silent, the stream is opened anew, elsewhere if there is an elsewhere.
 * `replace` is called with one that stays silent though its member answers, at each look.
 *
 * The read needs a leader. A page cannot ask for streams that end when their member loses it: this moves them.
 */
export function createIdleCheck<S extends CheckedStream>(
  connection: Connection,
  idleMs: number,
  streams: () => Iterable<S>,
  replace: (stream: S) => void,
): IdleCheck {
  const intervalMs = Math.min(idleMs / looks, maxIntervalMs);
  const answerMs = Math.min(idleMs / looks, longestAnswerMs);
  const spread = Math.random();
  /** When each endpoint last answered a read of ours. */
  const answered = new Map<string, Moment>();
  const asking = new Set<string>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let unsubscribe: (() => void) | undefined;
  let ended = new AbortController();
  let lastCheck = now();

  function checkStreams(): void {
    const slept = elapsedSince(lastCheck) > intervalMs + sleptMs;
    lastCheck = now();
    for (const stream of streams()) {
      if (slept || isGone(stream.endpoint)) {
        stream.close();
        continue;
      }
      if (stream.silentMs > idleMs * (renewAfter.least + renewAfter.spread * spread)) replace(stream);
      const last = answered.get(stream.endpoint);
      const quietMs = Math.min(stream.silentMs, last === undefined ? Infinity : elapsedSince(last));
      if (quietMs >= 2 * intervalMs) void ask(stream);
    }
  }

  /** Whether an endpoint is no longer one of the client's. */
  function isGone(endpoint: string): boolean {
    const { endpoints } = connection;
    return endpoints.length > 0 && !endpoints.includes(endpoint);
  }

  function onReplaced(): void {
    for (const stream of streams()) if (isGone(stream.endpoint)) stream.close();
  }

  /** Whether the member still answers. If not, streams on it that have been silent meanwhile are opened anew. */
  async function ask({ endpoint, key }: CheckedStream): Promise<void> {
    if (asking.has(endpoint) || key === undefined || connection.closed) return;
    asking.add(endpoint);
    const { signal } = ended;
    const start = now();
    try {
      const settings = { signal, timeoutMs: answerMs, endpoint: endpoint === "" ? undefined : endpoint };
      await connection.unary(KV.method.range, { key, countOnly: true }, settings);
      answered.set(endpoint, now());
    } catch (error) {
      if (signal.aborted || !EtcdError.is(error)) return;
      if (blamesEndpoint(error.reason)) renew(endpoint, elapsedSince(start));
      else answered.set(endpoint, now());
    } finally {
      asking.delete(endpoint);
    }
  }

  function renew(endpoint: string, silentMs: number): void {
    for (const stream of streams()) if (stream.endpoint === endpoint && stream.silentMs >= silentMs) stream.close();
  }

  /** A call has found that an endpoint does not answer, or answers badly, which one request may have met by itself. */
  function onFailure({ url }: { readonly url: string }, silentMs: number): void {
    answered.delete(url);
    if (silentMs >= Math.min(silentCallMs, answerMs)) renew(url, silentMs);
    // A stream that failed is among them until its reader knows.
    else setTimeout(askAbout, 0, url);
  }

  function askAbout(url: string): void {
    for (const stream of streams()) if (stream.endpoint === url) void ask(stream);
  }

  return {
    start() {
      if (timer !== undefined) return;
      lastCheck = now();
      ended = new AbortController();
      timer = setInterval(checkStreams, intervalMs);
      // Where requests are not shared, a call may not close the stream that another one has opened.
      if (!connection.shareRequests) return;
      const forget = [connection.health?.onFailure(onFailure), connection.health?.onReplaced(onReplaced)];
      unsubscribe = () => forget.forEach((each) => each?.());
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      unsubscribe?.();
      ended.abort();
    },
  };
}
