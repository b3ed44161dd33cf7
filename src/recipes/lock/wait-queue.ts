import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeQuery } from "../../v3/kv/range.ts";
import { checkString } from "../../v3/check.ts";
import type { CallOptions } from "../../transport/connection.ts";

/** A key in a line, under the lease of a session. It is the one that was meant only while its create revision is this. */
export interface Place {
  readonly key: string;
  readonly createRevision: bigint;
}

/** Who leads, as of one revision. */
export interface Leader {
  readonly key: string;
  /** Larger for each later leader, the same for all that one proclaims. */
  readonly token: bigint;
  /** What the leader has proclaimed. */
  readonly value: Entry;
}

export function leaderOf(entry: Entry): Leader {
  return { key: entry.key, token: entry.createRevision, value: entry };
}

export interface Ahead {
  /** Who is before the place; `undefined`: nobody, so it is the first. */
  readonly before: Entry | undefined;
  /** As of when. */
  readonly revision: bigint;
}

/**
 * The keys of a lock or an election: `name/` and a lease in hex, as in Go's `concurrency`. The one that was created first
 * is the holder. Keys of other names that begin the same, such as those of `name/other`, are not in it.
 */
export interface Line {
  readonly prefix: string;
  keyOf(leaseId: bigint): string;
  /** Whether an entry below the prefix is a place. */
  holds(entry: Entry): boolean;
  first(options?: CallOptions): Promise<{ readonly entry: Entry | null; readonly revision: bigint }>;
  /** The last of `entries`, sorted by creation with the newest at the front, that came before `place`. */
  lastBefore(place: Place, entries: readonly Entry[]): Entry | undefined;
  /** Who is before a place, or `"gone"` if the place itself is. One transaction. */
  ahead(place: Place, signal: AbortSignal): Promise<Ahead | "gone">;
}

/** Keys of other names may stand between: then more are read. */
export const firstLook = 8;

export function createLine(etcd: Etcd, given: unknown): Line {
  const name = checkString(given, "name");
  const prefix = `${name}/`;
  const prefixLength = new TextEncoder().encode(prefix).length;
  const inLine = (entry: Entry): boolean => isLeaseHex(entry.keyBytes.subarray(prefixLength));

  return {
    prefix,
    keyOf: (leaseId) => prefix + leaseId.toString(16),
    holds: inLine,

    async first(options = {}) {
      for (let limit = firstLook; ; limit *= 8) {
        const query = { sortBy: "createRevision", sortOrder: "ascend", limit } as const;
        const { entries, more, revision } = await etcd.range({ prefix }, { ...query, ...options });
        const entry = entries.find(inLine);
        if (entry !== undefined || !more) return { entry: entry ?? null, revision };
      }
    },

    lastBefore: ({ createRevision }, entries) =>
      entries.find((entry) => entry.createRevision < createRevision && inLine(entry)),

    async ahead(place, signal) {
      for (let limit = firstLook; ; limit *= 8) {
        const query: RangeQuery = { ...newestFirst, limit, maxCreateRevision: place.createRevision - 1n };
        const { succeeded, revision, results } = await etcd.txn(
          { if: [isThere(place)], then: [op.get({ prefix }, query)] },
          { signal },
        );
        if (!succeeded) return "gone";
        const [{ entries, more }] = results;
        const before = entries.find(inLine);
        if (before !== undefined || !more) return { before, revision };
      }
    },
  };
}

export const newestFirst = { sortBy: "createRevision", sortOrder: "descend", keysOnly: true } as const;

/** Holds as long as nobody has deleted the key, or created it anew. */
export function isThere({ key, createRevision }: Place): ReturnType<typeof compare.createRevision> {
  return compare.createRevision(key, "=", createRevision);
}

function isLeaseHex(bytes: Uint8Array): boolean {
  const digits = bytes[0] === 0x2d ? bytes.subarray(1) : bytes;
  return digits.length > 0 && digits.every((byte) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66));
}
