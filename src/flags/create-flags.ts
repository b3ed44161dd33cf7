import type { Cache } from "../recipes/cache/cache.ts";
import { createListeners } from "../transport/listeners.ts";
import { waitAtMost } from "../recipes/wait.ts";
import { notApplied } from "../transport/errors/etcd-error.ts";
import { ownOptions } from "../v3/check.ts";
import type { Etcd } from "../v3/client.ts";
import type { Entry } from "../v3/kv/entry.ts";
import { checkBySchema } from "./check-value.ts";
import { createFakeFlags, type FakeFlags } from "./fake-flags.ts";
import { createFlagSet } from "./flag-set.ts";
import { noSources } from "./flag-sources.ts";
import type { Flags, FlagsEvent, FlagsStatus } from "./flags.ts";
import { afterFailure, afterLook, changesBetween, emptyState, flagsStatus } from "./flags-state.ts";
import { checkFlagsOptions, type FlagsOptions } from "./flags-options.ts";
import { followChanges } from "./follow-changes.ts";
import { isDue } from "./freshness.ts";
import { createLoadRounds } from "./load-rounds.ts";
import { readsOf } from "./read-flags.ts";

function create<F extends object>(etcd: Etcd, options: FlagsOptions<F>): Flags<F> {
  const settings = checkFlagsOptions(options);
  const { defaults, now, mode } = settings;
  const selector = "key" in settings.stored ? settings.stored.key : settings.stored;
  const check = checkBySchema(settings.schema, defaults);
  const listeners = createListeners<FlagsEvent>();
  if (settings.logger !== undefined) listeners.add(settings.logger);
  let state = emptyState(createFlagSet(settings.bootstrap, check));
  let told: FlagsStatus = "empty";
  const lifetime = new AbortController();
  const rounds = createLoadRounds({ etcd, selector, mode, now, take, fail });

  function status(): FlagsStatus {
    return lifetime.signal.aborted ? "closed" : flagsStatus(state, settings, now());
  }

  function tellStatus(): void {
    const current = status();
    if (current === told) return;
    told = current;
    listeners.tell({ type: "status", status: current });
  }

  function take(from: Cache<Entry>): void {
    if (lifetime.signal.aborted) return;
    const last = state;
    state = afterLook(last, from, { at: now(), mode, stored: settings.stored, check });
    for (const event of changesBetween(last.set, state.set)) listeners.tell(event);
    tellStatus();
  }

  function fail(reason: unknown): void {
    state = afterFailure(state, reason, { at: now(), mode });
    tellStatus();
  }

  async function changes(note: () => void, signal: AbortSignal): Promise<void> {
    const watcher = etcd.watch(selector, { signal, onCompaction: "resync", readyTimeoutMs: Infinity });
    await watcher.ready;
    // What was written before it began may have been missed by the refresh so far.
    note();
    for await (const _ of watcher.batches()) note();
  }

  /** Called by each read, which is answered from what is known: begins a round in the background when one is due. */
  function touch(): void {
    if (!lifetime.signal.aborted && !rounds.following && isDue(state.freshness, settings, now())) rounds.start();
    tellStatus();
  }

  const from = {
    defaults,
    now,
    touch,
    get set() {
      return state.set;
    },
    get status() {
      return status();
    },
  };

  return {
    ...readsOf<F>(from),
    async ready(given) {
      const { timeoutMs = 5000, signal } = ownOptions("ready", given);
      if (state.freshness.checkedAt !== undefined || lifetime.signal.aborted) return touch();
      // The last round failed just now; the next one is not due yet.
      if (state.freshness.failedAt !== undefined && !isDue(state.freshness, settings, now())) return;
      await waitAtMost({ timeoutMs, signal }, () => rounds.answered()).catch((reason: unknown) => {
        if (signal?.aborted) throw reason;
      });
    },
    async refresh(given) {
      await waitAtMost(ownOptions("refresh", given), () => rounds.answeredAnew());
    },
    settled: () => rounds.settled(),
    follow: (given) =>
      followChanges({
        changes,
        ends: [lifetime.signal, given?.signal],
        refresh: () => rounds.answeredAnew(),
        digest: () => state.set.digest,
      }),
    get digest() {
      return status() === "expired" ? nothing.digest : state.set.digest;
    },
    get metadata() {
      return state.set.metadata;
    },
    get status() {
      return status();
    },
    get error() {
      return state.error;
    },
    get invalid() {
      return state.set.faults;
    },
    subscribe: listeners.add,
    toJSON: () => state.set.toJSON(),
    close,
    [Symbol.asyncDispose]: close,
  };

  async function close(): Promise<void> {
    if (lifetime.signal.aborted) return;
    const reason = notApplied("the flags are closed", "Closed");
    lifetime.abort(reason);
    tellStatus();
    listeners.clear();
    await rounds.close(reason);
  }
}

/** Makes flags; see {@link createFlags}. */
export interface CreateFlags {
  /** Makes flags; see {@link createFlags}. */
  <F extends object>(etcd: Etcd, options: FlagsOptions<F>): Flags<F>;
  /** Flags for tests, which need no etcd: `createFlags.fake({ checkout: "classic" })`. */
  readonly fake: <F extends object>(values: F) => FakeFlags<F>;
}

/**
 * Feature flags out of etcd, for functions that must be fast and must not fail. Nothing is sent, and no timer started,
 * until the first read: make it once, for all requests.
 *
 * @example
 * const flags = createFlags(etcd, { prefix: "flags/", defaults: { darkMode: false, limit: 10 } });
 * await flags.ready();
 * flags.get("limit", { targetingKey: user.id });
 */
export const createFlags: CreateFlags = /* @__PURE__ */ Object.assign(create, { fake: createFakeFlags });

const nothing = createFlagSet(noSources, (_, value) => value);
