import { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { type GetOpResult, op } from "../../v3/kv/op.ts";
import type { Key, Selector } from "../../v3/keys.ts";
import type { KeyId } from "../key-ids.ts";
import { singleKeyId } from "./read-set.ts";

/** Keys that an earlier attempt read, by their ids. */
export type KeyHints = ReadonlyMap<KeyId, Key>;

export interface ReaderLimits {
  readonly maxTxnOps: number;
  readonly signal: AbortSignal;
}

export interface ReaderOptions extends ReaderLimits {
  /** Read along with the first read. */
  readonly hints: KeyHints;
  /** Whether all reads are of the revision of the first. */
  readonly pinned: boolean;
}

/** The requests of a transaction's reads. */
export interface RevisionReader {
  /** Reads keys and ranges in one request, or in as many as they need. */
  read(selectors: readonly Selector[]): Promise<GetOpResult[]>;
  /** What the hints turned out to be, by their ids. */
  readonly ahead: ReadonlyMap<KeyId, Entry | null>;
  /** The revision of the first read. */
  readonly revision: bigint | undefined;
  /** Whether that revision can no longer be read. */
  readonly outdated: boolean;
}

/** Reasons why a revision can no longer be read. */
const overtaken: ReadonlySet<EtcdError["reason"]> = new Set<EtcdError["reason"]>(["Compacted", "FutureRev"]);

export function createRevisionReader(etcd: Etcd, { hints, pinned, maxTxnOps, signal }: ReaderOptions): RevisionReader {
  const ahead = new Map<KeyId, Entry | null>();
  let revision: bigint | undefined;
  let first: Promise<unknown> | undefined;
  let outdated = false;

  async function fetch(selectors: readonly Selector[]): Promise<GetOpResult[]> {
    const results: GetOpResult[] = [];
    for (let at = 0; at < selectors.length; at += maxTxnOps) {
      const query = pinned && revision !== undefined ? { revision } : {};
      const part = selectors.slice(at, at + maxTxnOps).map((selector) => op.get(selector, query));
      const known = revision !== undefined;
      const answer = await etcd.txn({ then: part }, { signal }).catch((error: unknown) => {
        outdated ||=
          EtcdError.is(error) && (overtaken.has(error.reason) || (known && error.reason === "ClusterChanged"));
        throw error;
      });
      revision ??= answer.revision;
      for (const result of answer.results) if (result.type === "get") results.push(result);
    }
    return results;
  }

  /** The first read, together with the hints that fit into its request. */
  async function readFirst(selectors: readonly Selector[]): Promise<GetOpResult[]> {
    const asked = new Set(selectors.map(singleKeyId));
    const more = [...hints].filter(([id]) => !asked.has(id)).slice(0, Math.max(0, maxTxnOps - selectors.length));
    const reading = fetch([...selectors, ...more.map(([, key]) => key)]);
    first = reading.catch(() => {
      first = undefined;
    });
    const results = await reading;
    for (const [i, [id]] of more.entries()) ahead.set(id, results[selectors.length + i]?.entry ?? null);
    return results.slice(0, selectors.length);
  }

  async function read(selectors: readonly Selector[]): Promise<GetOpResult[]> {
    if (!pinned || revision !== undefined) return fetch(selectors);
    if (first === undefined) return readFirst(selectors);
    // The first read settles the revision, so the others wait for it.
    await first;
    return read(selectors);
  }

  return {
    read,
    ahead,
    get revision() {
      return revision;
    },
    get outdated() {
      return outdated;
    },
  };
}
