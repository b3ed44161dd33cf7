import type { RangeRequest } from "../../gen/etcdserverpb/kv_pb.ts";
import type { Event, KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { fromBinary, toBinary } from "../../transport/bytes.ts";
import type { Connection } from "../../transport/connection.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { type KeyRange, noBytes } from "../keys.ts";
import { defaultPageSize, readPages } from "../kv/read-pages.ts";
import type { RevisionEvents } from "./watch-state.ts";

/** The names of the keys that there are for a watch, to tell later which of them are gone. */
export interface KnownKeys {
  readonly names: ReadonlySet<string>;
  take(batch: RevisionEvents): void;
  reset(present: ReadonlySet<string>): void;
}

export function createKnownKeys(): KnownKeys {
  let names = new Set<string>();
  return {
    get names() {
      return names;
    },
    take({ events }) {
      for (const { type, kv } of events) {
        const name = toBinary(kv?.key ?? noBytes);
        if (type === 1) names.delete(name);
        else names.add(name);
      }
    },
    reset(present) {
      names = new Set(present);
    },
  };
}

/**
 * The keys of a range before the revision `from`, and where to watch on from. `0n`: now; the same where the revision
 * before `from` is compacted, or yet to come.
 */
export async function readNames(
  connection: Connection,
  range: KeyRange,
  from: bigint,
  signal: AbortSignal,
): Promise<{ readonly names: ReadonlySet<string>; readonly from: bigint }> {
  const names = new Set<string>();
  // Before the first revision there is nothing; to etcd 0 would mean now.
  if (from === 1n) return { names, from };
  const read = (at: bigint): Promise<bigint> =>
    readAll(connection, { ...range, revision: at, keysOnly: true }, signal, ({ key }) => names.add(toBinary(key)));
  if (from === 0n) return { names, from: (await read(0n)) + 1n };
  try {
    await read(from - 1n);
  } catch (error) {
    if (!EtcdError.is(error) || (error.reason !== "Compacted" && error.reason !== "FutureRev")) throw error;
    await read(0n);
  }
  return { names, from };
}

interface Known {
  /** The first revision that is not known. */
  readonly next: bigint;
  /** The keys that there were. */
  readonly known: ReadonlySet<string>;
}

/**
 * What became of a range since the revision before `next`, as one batch of the revision that was read: a delete for each
 * of `known` that is gone, a put for each key written since. Its bytes follow the changes and the names of the keys, not
 * the values.
 */
export async function readDifference(
  connection: Connection,
  range: KeyRange,
  { next, known }: Known,
  signal: AbortSignal,
): Promise<{ readonly difference: RevisionEvents; readonly present: ReadonlySet<string> }> {
  const changed: KeyValue[] = [];
  const revision = await readAll(connection, { ...range, minModRevision: next }, signal, (kv) => changed.push(kv));
  const present = new Set<string>();
  await readAll(connection, { ...range, revision, keysOnly: true }, signal, ({ key }) => present.add(toBinary(key)));
  const gone = [...known].filter((name) => !present.has(name)).map((name) => deletion(name, revision));
  changed.sort((a, b) => (a.modRevision < b.modRevision ? -1 : 1));
  const puts = changed.map((kv): Event => ({ $typeName: "mvccpb.Event", type: 0, kv }));
  return { difference: { revision, events: [...gone, ...puts], synthetic: true }, present };
}

function deletion(name: string, modRevision: bigint): Event {
  const key = fromBinary(name);
  const rest = { createRevision: 0n, version: 0n, value: noBytes, lease: 0n };
  return { $typeName: "mvccpb.Event", type: 1, kv: { $typeName: "mvccpb.KeyValue", key, modRevision, ...rest } };
}

/** Page by page, at the revision of the first, which is returned. */
async function readAll(
  connection: Connection,
  query: KeyRange & Partial<Pick<RangeRequest, "revision" | "keysOnly" | "minModRevision">>,
  signal: AbortSignal,
  take: (kv: KeyValue) => void,
): Promise<bigint> {
  let revision = 0n;
  for await (const page of readPages(connection, query, defaultPageSize, { signal })) {
    for (const kv of page.kvs) take(kv);
    ({ revision } = page);
  }
  return revision;
}
