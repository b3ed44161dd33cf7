import type { Event, KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { malformedResponse } from "../../transport/errors/etcd-error.ts";
import { type Entry, entryOf } from "../kv/entry.ts";
import { withJson } from "../json-form.ts";
import type { Keyspace } from "../namespace.ts";
import { type RevisionEvents, sizeOfEvents } from "./watch-state.ts";

/** One change of one key. */
export interface WatchEvent {
  /** What happened to the key. */
  readonly type: "put" | "delete";
  /** After a put the new entry; after a delete only its key and mod revision mean anything. */
  readonly entry: Entry;
  /** What was there before, if `prev` was asked for and its revision is not compacted. */
  readonly prev: Entry | null;
  /** The revision of the change. */
  readonly revision: bigint;
  /**
   * Whether the event stands for a difference found by reading (see `onCompaction`), rather than for one change. Then
   * `revision` is that of the read; what was there before is not known.
   */
  readonly synthetic: boolean;
}

/** All events of one revision, never split. */
export interface WatchBatch {
  /** The revision that all of them have. */
  readonly revision: bigint;
  /** The events, in the order in which they happened. */
  readonly events: WatchEvent[];
}

/** Throws for a batch that `batchOf` cannot make. */
export function checkBatch({ events }: RevisionEvents, keyspace: Keyspace): void {
  for (const { kv, prevKv } of events) {
    keyspace.strip(present(kv).key);
    if (prevKv !== undefined) keyspace.strip(prevKv.key);
  }
}

export function typeOf({ type }: Event): WatchEvent["type"] {
  return type === 1 ? "delete" : "put";
}

/**
 * The form that readers get. It is made when it is read: until then a batch takes less memory. Each of several readers
 * gets bytes of its own.
 */
export function batchOf(
  { revision, events, synthetic = false, shared = false }: RevisionEvents,
  keyspace: Keyspace,
  only: WatchEvent["type"] | undefined,
): WatchBatch {
  const read = (kv: KeyValue): Entry => entryOf(shared ? copyOf(kv) : kv, keyspace);
  const wanted = only === undefined ? events : events.filter((event) => typeOf(event) === only);
  return withJson({
    revision,
    events: wanted.map((event) =>
      withJson({
        type: typeOf(event),
        entry: read(present(event.kv)),
        prev: event.prevKv === undefined ? null : read(event.prevKv),
        revision,
        synthetic,
      }),
    ),
  });
}

function present(kv: KeyValue | undefined): KeyValue {
  if (kv !== undefined) return kv;
  throw malformedResponse("the answer has an event without a key");
}

function copyOf(kv: KeyValue): KeyValue {
  return { ...kv, key: kv.key.slice(), value: kv.value.slice() };
}

/** About what a batch holds in memory. */
export function sizeOf({ events }: RevisionEvents): number {
  return sizeOfEvents(events);
}
