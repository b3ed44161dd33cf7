import { RangeRequest_SortOrder, RangeRequest_SortTarget } from "../../gen/enums.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RangeRequestSchema, RangeResponse } from "../../gen/etcdserverpb/kv_pb.ts";
import type { CallOptions } from "../../transport/connection.ts";
import * as kind from "../../transport/option-kinds.ts";
import type { Kinds } from "../../transport/options.ts";
import { countKind, revisionKind } from "../check.ts";
import { type Entry, entryOf } from "./entry.ts";
import { withJson } from "../json-form.ts";
import type { KeyRange, Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";

/** As of when, and from whom, to read. */
export interface ReadOptions {
  /** Read as of this revision. Rejects with `Compacted` or `FutureRev`. @default the newest */
  readonly revision?: bigint | undefined;
  /**
   * Answer from the member asked, without a round of the cluster: faster, works without a quorum, may be stale.
   * @default false
   */
  readonly serializable?: boolean | undefined;
}

/** Options of `get` and `has`. */
export interface GetOptions extends CallOptions, ReadOptions {}

/** Bounds on revisions, inclusive. They sort out entries, `count` stays that of the whole range. */
export interface RevisionBounds {
  /** Leave out entries that were last written before this revision. */
  readonly minModRevision?: bigint | undefined;
  /** Leave out entries that were last written after this revision. */
  readonly maxModRevision?: bigint | undefined;
  /** Leave out entries whose key was created before this revision. */
  readonly minCreateRevision?: bigint | undefined;
  /** Leave out entries whose key was created after this revision. */
  readonly maxCreateRevision?: bigint | undefined;
}

/** Which entries of a range to answer, in which order, and how much of each. */
export interface RangeQuery extends ReadOptions, RevisionBounds {
  /** The most entries to answer; `more` tells whether there are further ones. @default all */
  readonly limit?: number | undefined;
  /** What to sort by. @default "key" */
  readonly sortBy?: "key" | "version" | "createRevision" | "modRevision" | "value" | undefined;
  /** The direction of `sortBy`. @default "ascend" */
  readonly sortOrder?: "ascend" | "descend" | undefined;
  /** Leave the values out. @default false */
  readonly keysOnly?: boolean | undefined;
}

/** Options of `range`. */
export interface RangeOptions extends CallOptions, RangeQuery {}

/** What a read of a range answers. */
export interface RangeResult {
  /** The entries, in the order of `sortBy`; by default of their keys. */
  readonly entries: Entry[];
  /** Entries in the whole range, whatever the limit and revision bounds left out. */
  readonly count: bigint;
  /** Whether the limit cut the answer. */
  readonly more: boolean;
  /** The store's revision at the time of the answer. */
  readonly revision: bigint;
}

const targets = {
  key: RangeRequest_SortTarget.KEY,
  version: RangeRequest_SortTarget.VERSION,
  createRevision: RangeRequest_SortTarget.CREATE,
  modRevision: RangeRequest_SortTarget.MOD,
  value: RangeRequest_SortTarget.VALUE,
} as const;

const orders = { ascend: RangeRequest_SortOrder.ASCEND, descend: RangeRequest_SortOrder.DESCEND } as const;

export const readKinds: Kinds<ReadOptions> = { revision: revisionKind, serializable: kind.boolean };
export const boundKinds: Kinds<RevisionBounds> = {
  minModRevision: countKind,
  maxModRevision: countKind,
  minCreateRevision: countKind,
  maxCreateRevision: countKind,
};
export const queryKinds: Kinds<RangeQuery> = {
  ...readKinds,
  ...boundKinds,
  limit: kind.positiveInteger,
  sortBy: kind.oneOf(Object.keys(targets)),
  sortOrder: kind.oneOf(Object.keys(orders)),
  keysOnly: kind.boolean,
};

export function encodeRange(
  selector: Selector,
  query: RangeQuery,
  keyspace: Keyspace,
): MessageInitShape<typeof RangeRequestSchema> {
  return encodeQuery(keyspace.range(selector), query);
}

/** The request for a range and a query that are checked and placed into the whole keyspace. */
export function encodeQuery(
  { key, rangeEnd }: KeyRange,
  query: RangeQuery,
): MessageInitShape<typeof RangeRequestSchema> {
  const { revision, limit, sortBy, sortOrder, serializable, keysOnly } = query;
  const sorted = sortBy !== undefined || sortOrder !== undefined;
  // Every field, with etcd's own defaults, which do not travel: spreads in this place are half the cost of a small get.
  return {
    key,
    rangeEnd,
    revision: revision ?? 0n,
    limit: BigInt(limit ?? 0),
    sortTarget: sorted ? targets[sortBy ?? "key"] : 0,
    sortOrder: sorted ? orders[sortOrder ?? "ascend"] : 0,
    serializable: serializable === true,
    keysOnly: keysOnly === true,
    minModRevision: query.minModRevision ?? 0n,
    maxModRevision: query.maxModRevision ?? 0n,
    minCreateRevision: query.minCreateRevision ?? 0n,
    maxCreateRevision: query.maxCreateRevision ?? 0n,
  };
}

export function decodeRange(response: RangeResponse, keyspace: Keyspace, revision: bigint): RangeResult {
  return withJson({
    entries: response.kvs.map((kv) => entryOf(kv, keyspace)),
    count: response.count,
    more: response.more,
    revision,
  });
}
