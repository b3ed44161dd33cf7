import { ServerCall } from "../../gateway-server/call.ts";
import type { Exchanges } from "../../gateway-server/exchanges.ts";
import type { ServedRequest } from "../../gateway-server/http-request.ts";
import type { KeyRequest } from "./key-request.ts";
import type { KeyStore } from "./key-store.ts";
import type { V2Event } from "./tree-node.ts";
import { eventBody } from "./reply.ts";
import type { KeyWatcher } from "./watchers.ts";

/** Events that may wait for a reader; one more ends the stream. */
const mostUnread = 100;

const utf8 = new TextEncoder();

interface Exchange {
  readonly request: ServedRequest;
  /** The headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly exchanges: Exchanges;
}

/**
 * Answers with the next event of a path, or with one after the other: the header at once, the rest when it happens.
 * Throws `V2Error` where events since the index asked for may be forgotten.
 */
export function watchKeys(
  store: KeyStore,
  path: string,
  { recursive, stream, waitIndex }: KeyRequest,
  { headers, request, exchanges }: Exchange,
): Response {
  let reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  let finish = (): void => undefined;
  const end = (): void => {
    reader?.close();
    finish();
  };
  const send = (event: V2Event): void => {
    if (stream && (reader?.desiredSize ?? 0) <= 0) return end();
    reader?.enqueue(utf8.encode(eventBody(event)));
    if (!stream) end();
  };
  const since = waitIndex === 0 ? store.index + 1 : waitIndex;
  const watcher: KeyWatcher = { recursive, stream, since, notify: send };
  const past = store.watch(path, watcher);

  const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => void (reader = controller);
  const cancel = (): void => finish();
  const body = new ReadableStream<Uint8Array>({ start, cancel }, { highWaterMark: mostUnread });
  const done = exchanges.track(request, new ServerCall(), {
    abort(reason) {
      reader?.error(reason);
      finish();
    },
    expire: end,
  });
  finish = () => {
    finish = () => undefined;
    done();
    store.watchers.remove(path, watcher);
  };
  // As in etcd, a stream that begins with an event of the past sends nothing after that: etcd forgets to add its watch.
  if (past !== undefined) send(past);
  return new Response(body, { headers });
}
