import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Connection } from "../../transport/connection.ts";
import { type EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { KV, Watch } from "../../transport/codec/services.ts";
import { elapsedSince, type Moment, now } from "../../transport/clock.ts";
import type { KeyRange } from "../keys.ts";
import { createRequest, type ServerOptions } from "./watch-options.ts";

/**
 * How long to wait for the first watch to be created, in milliseconds: then the server, or a proxy that buffers, is left
 * for another endpoint.
 */
const createTimeoutMs = 5000;
/**
 * The longest wait for the next answer after one has come, in milliseconds. A busy server of 3.4 begins to answer
 * before it has read the whole request, and then drops the rest of it.
 */
const gapMs = 1000;
/** The end of a stream that is not a failure: its watches are opened again at once. */
export class Renewed extends Error {}

/** What a stream asks for. */
interface Asked {
  readonly range: KeyRange;
  readonly options: ServerOptions;
  readonly state: { readonly next: bigint };
}

export interface StreamListener<T> {
  answered(watch: T, response: WatchResponse): void;
  /** Nothing more is to be expected: they were lost on their way. */
  unanswered(watches: readonly T[]): void;
  /** All other watches have been answered. */
  confirmed(): void;
  /** `undefined`: the server ended it, and did not say why. */
  ended(error: unknown): void;
}

/** One request that carries watches, from when it is sent until it breaks or is closed. */
export interface WatchStream<T> {
  readonly id: number;
  readonly endpoint: string;
  readonly watches: readonly T[];
  /** A key that may be read where the stream may be. */
  readonly key: Uint8Array | undefined;
  /** What its request carried, once it is open. */
  readonly token: string | undefined;
  readonly confirmed: boolean;
  /** The store's revision, when it was confirmed. */
  readonly revision: bigint;
  /** Time since the server last said anything, in milliseconds. */
  readonly silentMs: number;
  /** Time since it was confirmed, in milliseconds; 0 before that. */
  readonly confirmedMs: number;
  /**
   * The member knows less than a watch has seen. It may lag; or a backup was restored, and the revision to wait for
   * comes a second time. A read that cannot lag tells, and a change of the cluster ends what the stream is for.
   */
  behind(range: KeyRange): void;
  /** Runs `work` in a while, unless the stream has ended by then. */
  later(work: () => void, ms: number): void;
  /** Frees the request. `ended` is called at once. */
  close(reason?: unknown): void;
}

export function watchStream<T extends Asked>(
  connection: Connection,
  watches: readonly T[],
  id: number,
  listener: StreamListener<T>,
): WatchStream<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const endpoint = connection.endpointInUse;
  let lastAnswer: Moment = now();
  let answers = 0;
  let revision = 0n;
  let token: string | undefined;
  let over = false;
  let asked = false;
  let settled: Moment | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  expectAnswer();

  function expectAnswer(): void {
    clearTimeout(timer);
    timer = setTimeout(
      answers === 0 ? () => controller.abort(notCreated()) : settle,
      answers === 0 ? createTimeoutMs : gapMs,
    );
  }

  function settle(): void {
    clearTimeout(timer);
    settled = now();
    if (answers < watches.length) listener.unanswered(watches.slice(answers));
    if (!over) listener.confirmed();
  }

  function end(error: unknown): void {
    if (over) return;
    over = true;
    clearTimeout(timer);
    controller.abort(error);
    listener.ended(error);
  }

  /** Answers to what was asked come in its order; a refused watch has no id. */
  function receive(response: WatchResponse): void {
    lastAnswer = now();
    const watch = watches[response.created ? answers++ : Number(response.watchId) - 1];
    if (watch !== undefined) listener.answered(watch, response);
    if (!response.created || over || settled !== undefined) return;
    revision = response.header?.revision ?? 0n;
    if (answers < watches.length) expectAnswer();
    else settle();
  }

  async function run(): Promise<void> {
    try {
      const messages = watches.map(({ range, options, state }, i) =>
        createRequest(range, state.next, BigInt(i + 1), options),
      );
      const settings = { signal, endpoint: endpoint === "" ? undefined : endpoint };
      const opened = await connection.stream(Watch.method.watch, messages, settings);
      token = opened.token;
      for await (const response of opened.messages) {
        // Its header may have ended all that the stream was for.
        if (over) return;
        receive(response);
      }
      end(undefined);
    } catch (error) {
      end(error);
    }
  }

  void run();
  return {
    id,
    endpoint,
    watches,
    key: watches[0]?.range.key,
    get token() {
      return token;
    },
    get confirmed() {
      return settled !== undefined;
    },
    get confirmedMs() {
      return settled === undefined ? 0 : elapsedSince(settled);
    },
    get revision() {
      return revision;
    },
    get silentMs() {
      return elapsedSince(lastAnswer);
    },
    behind({ key }) {
      if (asked) return;
      asked = true;
      connection.unary(KV.method.range, { key, countOnly: true }, { signal }).catch(end);
    },
    later(work, ms) {
      timer = setTimeout(work, ms);
    },
    close: (reason = new Renewed()) => end(reason),
  };
}

function notCreated(): EtcdError {
  return notApplied(`the watch was not confirmed within ${createTimeoutMs} ms`, "Timeout");
}
