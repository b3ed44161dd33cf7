import type { Event } from "../../gen/mvccpb/kv_pb.ts";
import { EtcdError } from "../../transport/errors.ts";
import { type Entry, entryOf } from "../entry.ts";
import type { Keyspace } from "../namespace.ts";
import type { RevisionEvents } from "./watch-state.ts";

export interface WatchEvent {
  readonly type: "put" | "delete";
  /** After a put the new entry; after a delete only its key and mod revision mean anything. */
  readonly entry: Entry;
  /** What was there before, if `prev` was asked for and its revision is not compacted. */
  readonly prev: Entry | null;
  readonly revision: bigint;
  /**
   * Whether the event stands for a difference found by reading (see `onCompaction`), rather than for one change. Then
   * `revision` is that of the read; what was there before is not known.
   */
  readonly synthetic: boolean;
}

/** All events of one revision, never split. */
export interface WatchBatch {
  readonly revision: bigint;
  readonly events: WatchEvent[];
}

export function batchOf({ revision, events }: RevisionEvents, keyspace: Keyspace, synthetic: boolean): WatchBatch {
  return { revision, events: events.map((event) => eventOf(event, keyspace, revision, synthetic)) };
}

function eventOf({ type, kv, prevKv }: Event, keyspace: Keyspace, revision: bigint, synthetic: boolean): WatchEvent {
  if (kv === undefined) throw new EtcdError("an event without a key", "MalformedResponse", { outcome: "unknown" });
  return {
    type: type === 1 ? "delete" : "put",
    entry: entryOf(kv, keyspace),
    prev: prevKv === undefined ? null : entryOf(prevKv, keyspace),
    revision,
    synthetic,
  };
}

/** About what a batch holds in memory. */
export function sizeOf({ events }: RevisionEvents): number {
  let bytes = 0;
  for (const { kv, prevKv } of events) {
    bytes += 200 + (kv?.key.length ?? 0) + (kv?.value.length ?? 0) + (prevKv?.value.length ?? 0);
  }
  return bytes;
}
