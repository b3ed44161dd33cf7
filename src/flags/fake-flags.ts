import { onAbort } from "../transport/deadline.ts";
import { createListeners } from "../transport/listeners.ts";
import { checkBySchema } from "./check-value.ts";
import type { FlagDefinition, Json } from "./flag-format.ts";
import { changedNames, createFlagSet } from "./flag-set.ts";
import { sourcesOfDocument } from "./flag-sources.ts";
import { followChanges } from "./follow-changes.ts";
import type { Flags, FlagsEvent, FlagsStatus } from "./flags.ts";
import { readsOf } from "./read-flags.ts";

/** Flags for tests: all that flags do, without an etcd. */
export interface FakeFlags<F extends object> extends Flags<F> {
  /** Stores flags: values of the kind they have, or flagd definitions that are evaluated as ever. */
  set(flags: { readonly [K in keyof F]?: F[K] | FlagDefinition }): void;
  /** How things stand with etcd, from now on. */
  setStatus(status: FlagsStatus): void;
}

/**
 * Flags with these values, each of them its own default too.
 *
 * @example
 * const flags = createFlags.fake({ checkout: "classic", limit: 10 });
 * flags.set({ checkout: "one-page" });
 */
export function createFakeFlags<F extends object>(values: F): FakeFlags<F> {
  const given: object = values;
  const defaults: Readonly<Record<string, unknown>> = { ...given };
  const check = checkBySchema(undefined, defaults);
  const listeners = createListeners<FlagsEvent>();
  let stored: Readonly<Record<string, unknown>> = defaults;
  let status: FlagsStatus = "live";
  let set = createFlagSet(documentOf(stored), check);
  const nothing = async (): Promise<void> => undefined;
  const lifetime = new AbortController();

  async function close(): Promise<void> {
    setStatus("closed");
    lifetime.abort();
    listeners.clear();
  }

  function setStatus(next: FlagsStatus): void {
    if (status === next || status === "closed") return;
    status = next;
    listeners.tell({ type: "status", status });
  }

  const changes = (note: () => void, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const remove = listeners.add(note);
      onAbort(signal, () => {
        remove();
        resolve();
      });
    });

  const from = {
    defaults,
    now: Date.now,
    touch: nothing,
    get set() {
      return set;
    },
    get status() {
      return status;
    },
  };

  return {
    ...readsOf<F>(from),
    set(flags) {
      stored = { ...stored, ...flags };
      const last = set;
      set = createFlagSet(documentOf(stored), check, last);
      const changed = changedNames(last, set);
      if (changed.length > 0) listeners.tell({ type: "changed", flags: changed });
    },
    setStatus,
    error: undefined,
    ready: nothing,
    refresh: nothing,
    settled: nothing,
    follow: (given) =>
      followChanges({ changes, ends: [lifetime.signal, given?.signal], refresh: nothing, digest: () => set.digest }),
    get digest() {
      return set.digest;
    },
    get metadata() {
      return set.metadata;
    },
    get status() {
      return status;
    },
    get invalid() {
      return set.faults;
    },
    subscribe: listeners.add,
    toJSON: () => set.toJSON(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function documentOf(flags: Readonly<Record<string, unknown>>): ReturnType<typeof sourcesOfDocument> {
  // A copy, as it would come back from etcd.
  return sourcesOfDocument({ flags: JSON.parse(JSON.stringify(flags)) as Json }, "any");
}
