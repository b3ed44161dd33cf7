import { Watch } from "../../transport/services.ts";
import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Connection } from "../../transport/connection.ts";
import type { Trace } from "../../transport/context.ts";
import { EtcdError } from "../../transport/errors.ts";
import type { KeyRange } from "../keys.ts";
import { createRequest, type WatchOptions } from "./watch-options.ts";

/** A server, or a proxy that buffers, which has not confirmed a watcher by then is left for another, in milliseconds. */
const createTimeoutMs = 5000;
/** A stream this long without a word is opened anew: it may be half open. Below the 60 s at which proxies cut. */
const idleTimeoutMs = 45_000;

/** The end of a stream that nobody is to blame for. */
export class IdleStream extends Error {}

/** One watcher on one stream, until it breaks, idles, or `signal` aborts. */
export async function* watchStream(
  connection: Connection,
  range: KeyRange,
  next: bigint,
  options: WatchOptions,
  signal: AbortSignal,
  trace: Trace,
): AsyncGenerator<WatchResponse> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort);
  let timer = setTimeout(() => controller.abort(notCreated()), createTimeoutMs);
  try {
    const messages = [createRequest(range, next, options)];
    const settings = { signal: controller.signal, trace };
    for await (const response of await connection.stream(Watch.method.watch, messages, settings)) {
      clearTimeout(timer);
      connection.guard.check(response.header);
      yield response;
      const idleMs = idleTimeoutMs * (0.9 + 0.2 * Math.random());
      timer = setTimeout(() => controller.abort(new IdleStream()), idleMs);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    controller.abort();
  }
}

function notCreated(): EtcdError {
  return new EtcdError(`the watch was not confirmed within ${createTimeoutMs} ms`, "Timeout", {
    outcome: "not-applied",
  });
}
