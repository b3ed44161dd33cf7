import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { split, stalled, truncated, withBody } from "./body-faults.ts";
import type { Clock } from "../server-clock.ts";
import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { refused, reset } from "./network-faults.ts";

/** Which requests a fault is about. */
export interface FaultOptions {
  /** How many requests it happens to. @default 1; `Infinity` for all until `remove()` */
  readonly times?: number;
  /** Only requests to a path that contains this text or matches this expression, or for which this returns true. */
  readonly match?: string | RegExp | ((request: FaultRequest) => boolean);
}

/** A request as a matcher sees it. */
export interface FaultRequest {
  /** The HTTP method. */
  readonly method: string;
  /** Such as `/v3/kv/put`. */
  readonly path: string;
  /** The headers of the request. */
  readonly headers: Headers;
  /** As JSON. */
  readonly body: string;
}

/** A fault that was set. */
export interface Fault {
  /** How many requests it has happened to. */
  readonly hits: number;
  /** Takes it back. */
  remove(): void;
}

/**
 * Things that go wrong between a client and its server, for tests of how a program takes them. Each happens once unless
 * told otherwise; `3` stands for `{ times: 3 }`. Several that are set for one request happen one around the other, the
 * one set first outermost.
 */
export interface Faults {
  /**
   * Nobody listens: the request fails before it is sent, so it was certainly not applied.
   * @example
   * memory.faults.drop(2);
   * await etcd.put("a", "1"); // the third attempt gets through
   */
  drop(options?: number | FaultOptions): Fault;
  /**
   * The request arrives late, by so many milliseconds of the server's clock.
   * @example
   * memory.faults.delay(60_000, { match: "/v3/kv/range" });
   * await etcd.get("a", { timeoutMs: 20 }); // rejects with reason Timeout
   */
  delay(ms: number, options?: number | FaultOptions): Fault;
  /**
   * The connection breaks before the server has read the request. The client cannot know that.
   * @example
   * memory.faults.reset();
   * await etcd.put("a", "1"); // rejects: its outcome is unknown
   */
  reset(options?: number | FaultOptions): Fault;
  /**
   * The server does as it is told, and the connection breaks before its answer.
   * @example
   * memory.faults.dropResponse({ match: "/v3/kv/txn" });
   * await etcd.put("a", "1", { exactlyOnce: true }); // asked again, written once
   */
  dropResponse(options?: number | FaultOptions): Fault;
  /**
   * The body of the answer ends after so many bytes, as if that were all.
   * @example
   * memory.faults.truncate(10);
   * await etcd.get("a"); // half a JSON object: tried again
   */
  truncate(bytes: number, options?: number | FaultOptions): Fault;
  /**
   * The body of the answer comes in pieces of so many bytes, cut wherever that is.
   * @example
   * memory.faults.splitBytes(1, { times: Infinity });
   */
  splitBytes(size: number, options?: number | FaultOptions): Fault;
  /**
   * The answer stops after so many bytes of its body, and the connection stays open. 0: there is a header alone.
   * @example
   * memory.faults.stall(0, { match: "/v3/watch" });
   */
  stall(bytes: number, options?: number | FaultOptions): Fault;
  /**
   * The server has lost touch with its leader and says so.
   * @example
   * memory.faults.noLeader(3);
   * await etcd.get("a"); // tried again until there is one
   */
  noLeader(options?: number | FaultOptions): Fault;
  /** Takes all of them back. */
  clear(): void;
}

type Handler = (request: ServedRequest) => Promise<Response>;
type Effect = (request: ServedRequest, next: Handler) => Promise<Response>;

interface SetFault {
  left: number;
  hits: number;
  readonly matches: (request: ServedRequest) => boolean;
  readonly effect: Effect;
}

const faultKinds: Kinds<FaultOptions> = { times: kind.positive, match: kind.anything };

/** `handle` behind faults, and the faults. `noLeader` makes the answer of a server without leader. */
export function withFaults(
  handle: Handler,
  clock: Clock,
  noLeader: (request: ServedRequest) => Response,
): [Handler, Faults] {
  const set = new Set<SetFault>();

  const add = (options: number | FaultOptions = {}, effect: Effect): Fault => {
    const { times = 1, match }: FaultOptions =
      typeof options === "number" ? { times: options } : checkOptions("faults", options, faultKinds);
    const fault: SetFault = { left: times, hits: 0, matches: matcher(match), effect };
    set.add(fault);
    return {
      get hits() {
        return fault.hits;
      },
      remove: () => void set.delete(fault),
    };
  };

  const onBody = (fault: ReturnType<typeof truncated>): Effect => {
    return async (request, next) => withBody(await next(request), fault, request.signal);
  };

  const faults: Faults = {
    drop: (options) =>
      add(options, async () => {
        throw refused();
      }),
    reset: (options) =>
      add(options, async () => {
        throw reset();
      }),
    delay: (ms, options) =>
      add(options, async (request, next) => {
        await pause(clock, ms, request.signal);
        return next(request);
      }),
    dropResponse: (options) =>
      add(options, async (request, next) => {
        const response = await next(request);
        await response.body?.cancel();
        throw reset();
      }),
    truncate: (bytes, options) => add(options, onBody(truncated(bytes))),
    splitBytes: (size, options) => add(options, onBody(split(size))),
    stall: (bytes, options) => add(options, onBody(stalled(bytes))),
    noLeader: (options) => add(options, (request) => Promise.resolve(noLeader(request))),
    clear: () => set.clear(),
  };

  const handler: Handler = (request) => {
    if (set.size === 0) return handle(request);
    const effects = [...set].filter((fault) => fault.matches(request));
    for (const fault of effects) {
      fault.hits++;
      if (--fault.left <= 0) set.delete(fault);
    }
    return effects.reduceRight<Handler>(
      (next, { effect }) =>
        (each) =>
          effect(each, next),
      handle,
    )(request);
  };
  return [handler, faults];
}

function matcher(match: FaultOptions["match"]): (request: ServedRequest) => boolean {
  if (match === undefined) return () => true;
  if (typeof match === "string") return ({ url }) => url.pathname.includes(match);
  if (typeof match === "object") return ({ url }) => url.pathname.search(match) >= 0;
  return ({ method, url, headers, body }) => match({ method, path: url.pathname, headers, body });
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopWatching = clock.watch();
    const done = (): void => {
      stopWatching();
      signal?.removeEventListener("abort", onAbort);
    };
    const timer = clock.schedule(ms, () => {
      done();
      resolve();
    });
    const onAbort = (): void => {
      timer.cancel();
      done();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
