// What clients did and were told, and what the store really went through: all that the checkers look at.

/** What a read found. */
export interface Seen {
  /** The store's revision, as the answer says. */
  readonly revision: bigint;
  readonly entry: SeenEntry | null;
}

export interface SeenEntry {
  readonly value: string;
  readonly modRevision: bigint;
  readonly createRevision: bigint;
  readonly version: bigint;
}

export type Action =
  | { readonly type: "get"; readonly serializable: boolean; readonly seen: Seen }
  /** `prev`: what it says it replaced; `undefined` where that was not asked for. */
  | { readonly type: "put"; readonly value: string; readonly revision?: bigint; readonly prev?: SeenEntry | null }
  /** A put on the condition that nobody wrote the key since `expected`, which is `null` for a key that is not there. */
  | {
      readonly type: "swap";
      readonly expected: SeenEntry | null;
      readonly value: string;
      readonly revision?: bigint;
      /** What stood in the way; `undefined`: nothing did. */
      readonly refusedBy?: Seen;
    }
  /** `expected`: deletes on the condition that nobody wrote the key since. */
  | {
      readonly type: "delete";
      readonly expected?: SeenEntry | null;
      readonly revision?: bigint;
      readonly deleted?: boolean;
    }
  /** `ttl`: unique, as the value of a put is. */
  | { readonly type: "grant"; readonly ttl: number; readonly id?: bigint };

export interface Operation {
  readonly client: number;
  readonly key: string;
  /** What was called. */
  readonly method?: string;
  /** Milliseconds on one clock for all. */
  readonly call: number;
  readonly end: number;
  /** `ok`: answered. `applied`: it took place, but its answer was lost. */
  readonly outcome: "ok" | "applied" | "not-applied" | "unknown";
  /** The write was refused because somebody wrote the key since `expected`, and the client says no more of it. */
  readonly guardFailed?: boolean;
  readonly action: Action;
}

/** One change of the store. Values are unique, but for deletes, which have none. */
export interface Change {
  readonly revision: bigint;
  readonly type: "put" | "delete";
  readonly key: string;
  readonly value: string;
}

/** One lease of the store. */
export interface Lease {
  readonly id: bigint;
  /** As it was granted. */
  readonly ttl: number;
}

/** What a watch gave, batch by batch. */
export interface Watched {
  readonly from: bigint;
  readonly batches: readonly { readonly revision: bigint; readonly changes: readonly Change[] }[];
}

export interface Violation {
  readonly rule: string;
  readonly what: string;
}

export function shownOperation(operation: Operation): string {
  return JSON.stringify(operation, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
