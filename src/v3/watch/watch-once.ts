import type { CallOptions } from "../../transport/connection.ts";
import { EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { callKinds } from "../check.ts";
import type { Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { watch } from "./watch.ts";
import type { WatchEvent } from "./watch-event.ts";
import type { WatchHub } from "./watch-hub.ts";
import { eventKinds, type WatchOptions } from "./watch-options.ts";

/** `timeoutMs`: how long to wait for the event. Default: for ever. */
export type WatchOnceOptions = CallOptions & Pick<WatchOptions, "from" | "prev" | "only">;

const onceKinds: Kinds<WatchOnceOptions> = { ...callKinds, ...eventKinds };

/** The next event of a range. Rejects with `WatchTimeout` when there is none in time. */
export async function watchOnce(
  hub: WatchHub,
  keyspace: Keyspace,
  selector: Selector,
  given?: WatchOnceOptions,
): Promise<WatchEvent> {
  const { timeoutMs = Infinity, signal, ...options } = checkOptions("watchOnce", given, onceKinds);
  const deadline = hub.connection.begin(signal, timeoutMs);
  try {
    for await (const event of watch(hub, keyspace, selector, {
      ...options,
      signal: deadline.signal,
      readyTimeoutMs: Infinity,
    }))
      return event;
  } catch (error) {
    const timedOut =
      EtcdError.is(error) && error.reason === "Timeout" && error === deadline.signal.reason && signal?.aborted !== true;
    throw timedOut ? noEvent(timeoutMs) : error;
  } finally {
    deadline.end();
  }
  throw noEvent(timeoutMs);
}

function noEvent(timeoutMs: number): EtcdError {
  return notApplied(`no event within ${timeoutMs} ms`, "WatchTimeout");
}
