import { WatchCreateRequest_FilterType } from "../../gen/enums.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { WatchRequestSchema } from "../../gen/etcdserverpb/watch_pb.ts";
import { toBinary } from "../../transport/bytes.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { revisionKind } from "../check.ts";
import type { KeyRange } from "../keys.ts";

/** Options of `watch`. */
export interface WatchOptions {
  /** The first revision to report. A compacted one ends the watch with `Compacted`. @default from now on */
  readonly from?: bigint | undefined;
  /** Report with each event the entry it replaced or deleted, where its revision is not compacted. @default false */
  readonly prev?: boolean | undefined;
  /** Report only events of this type. @default both */
  readonly only?: "put" | "delete" | undefined;
  /**
   * Ask the server to tell now and then how far it is (etcd: every ten minutes), so that a quiet watch need not start far
   * back after a break. @default true
   */
  readonly progress?: boolean | undefined;
  /**
   * What to do when changes it has not reported yet are compacted: end with `Compacted`, the default, or read the range
   * and report the difference as one batch of `synthetic` events. For that it keeps the names of all keys there are, and
   * reads them before it starts.
   */
  readonly onCompaction?: "error" | "resync" | undefined;
  /**
   * Revisions to hold for a slow reader, 4 MiB of them at most. With the answer that brings more the stream is closed,
   * to be resumed later.
   *
   * @default 1000
   */
  readonly maxQueue?: number | undefined;
  /**
   * How long `ready` waits for the first confirmation, in milliseconds; then it rejects with what the watch last met.
   * The watch itself goes on trying.
   *
   * @default the client's `timeoutMs`
   */
  readonly readyTimeoutMs?: number | undefined;
  /** Called with the watcher's `state` each time it has become another one. */
  readonly onState?: ((state: "live" | "retrying" | "closed") => void) | undefined;
  /** Aborting ends the watch; the loop that reads it gets the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const eventKinds: Kinds<Pick<WatchOptions, "from" | "prev" | "only">> = {
  from: revisionKind,
  prev: kind.boolean,
  only: kind.oneOf(["put", "delete"]),
};
const watchKinds: Kinds<WatchOptions> = {
  ...eventKinds,
  progress: kind.boolean,
  onCompaction: kind.oneOf(["error", "resync"]),
  maxQueue: kind.positiveInteger,
  readyTimeoutMs: kind.positive,
  onState: kind.func,
  signal: kind.signal,
};

const filters = {
  put: WatchCreateRequest_FilterType.NODELETE,
  delete: WatchCreateRequest_FilterType.NOPUT,
} as const;

export function checkWatchOptions(given: WatchOptions | undefined): WatchOptions {
  return checkOptions("watch", given, watchKinds);
}

/** What the server has to know of a watch beside its range. Watches that agree in it can share one of the server's. */
export type ServerOptions = Pick<WatchOptions, "prev" | "only" | "progress">;

/** Equal for what one watcher of the server can serve. */
export function shareKey({ key, rangeEnd }: KeyRange, { prev, only, progress }: ServerOptions): string {
  return JSON.stringify([toBinary(key), toBinary(rangeEnd), prev === true, only, progress !== false]);
}

/** `next`: where to start, `0n` for now. Answers are asked for in parts: one line may be of any length otherwise. */
export function createRequest(
  range: KeyRange,
  next: bigint,
  watchId: bigint,
  { prev, only, progress }: ServerOptions,
): MessageInitShape<typeof WatchRequestSchema> {
  return {
    requestUnion: {
      case: "createRequest",
      value: {
        ...range,
        startRevision: next,
        watchId,
        fragment: true,
        prevKv: prev === true,
        progressNotify: progress !== false,
        filters: only === undefined ? [] : [filters[only]],
      },
    },
  };
}
