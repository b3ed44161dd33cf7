import { isError } from "../transport/platform.ts";
import type { Cache } from "../recipes/cache/cache.ts";
import { createListeners } from "../transport/listeners.ts";
import { waitAtMost } from "../recipes/wait.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";
import { ownOptions } from "../v3/check.ts";
import type { Etcd } from "../v3/client.ts";
import type { Entry } from "../v3/kv/entry.ts";
import { checkBySchema } from "./check-value.ts";
import { createFakeFlags, type FakeFlags } from "./fake-flags.ts";
import type { Json } from "./flag-format.ts";
import { changedNames, createFlagSet } from "./flag-set.ts";
import { type FlagSources, noSources, sourcesOfDocument, sourcesOfEntries } from "./flag-sources.ts";
import type { Flags, FlagsEvent, FlagsStatus } from "./flags.ts";
import { checkFlagsOptions, type FlagsOptions, type FlagsSettings } from "./flags-options.ts";
import { followChanges } from "./follow-changes.ts";
import { type Freshness, isDue, isExpired } from "./freshness.ts";
import { createLoadRounds } from "./load-rounds.ts";
import { readsOf } from "./read-flags.ts";

function create<F extends object>(etcd: Etcd, options: FlagsOptions<F>): Flags<F> {
  const settings = checkFlagsOptions(options);
  const { defaults, now, mode } = settings;
  const selector = "key" in settings.stored ? settings.stored.key : settings.stored;
  const check = checkBySchema(settings.schema, defaults);
  const listeners = createListeners<FlagsEvent>();
  if (settings.logger !== undefined) listeners.add(settings.logger);
  let set = createFlagSet(settings.bootstrap, check);
  let known: Freshness = { checkedAt: undefined, failedAt: undefined };
  let error: unknown;
  let told: FlagsStatus = "empty";
  let snapshot: ReadonlyMap<string, Entry> | undefined;
  const lifetime = new AbortController();
  const rounds = createLoadRounds({ etcd, selector, mode, now, take, fail });

  function status(): FlagsStatus {
    if (lifetime.signal.aborted) return "closed";
    if (known.failedAt !== undefined) return isExpired(known, settings, now()) ? "expired" : "stale";
    return known.checkedAt === undefined ? "empty" : "live";
  }

  function tellStatus(): void {
    const current = status();
    if (current === told) return;
    told = current;
    listeners.tell({ type: "status", status: current });
  }

  /** Takes in what the cache has, and how it is doing. */
  function take(from: Cache<Entry>): void {
    if (lifetime.signal.aborted) return;
    const last = set;
    if (from.getSnapshot() !== snapshot) {
      snapshot = from.getSnapshot();
      set = createFlagSet(sourcesOf(from, settings.stored, last.sources), check, last);
    }
    if (from.status === "live") {
      known = { checkedAt: now(), failedAt: undefined };
      error = undefined;
    } else {
      noteFailure(from.error);
    }
    const changed = changedNames(last, set);
    if (changed.length > 0) listeners.tell({ type: "changed", flags: changed });
    if (!sameFaults(last.faults, set.faults)) listeners.tell({ type: "invalid", flags: set.faults });
    tellStatus();
  }

  function fail(reason: unknown): void {
    noteFailure(reason);
    tellStatus();
  }

  function noteFailure(reason: unknown): void {
    // A watch was in touch until this moment; a poll until its last answer.
    const lost = mode === "watch" && known.checkedAt !== undefined && known.failedAt === undefined;
    known = { checkedAt: lost ? now() : known.checkedAt, failedAt: now() };
    error = reason;
  }

  /** The heart of stale-while-revalidate: a read is answered from what is known, and sees that it is looked after. */
  function touch(): void {
    if (!lifetime.signal.aborted && !rounds.following && isDue(known, settings, now())) rounds.start();
    tellStatus();
  }

  const from = {
    defaults,
    now,
    touch,
    get set() {
      return set;
    },
    get status() {
      return status();
    },
  };

  return {
    ...readsOf<F>(from),
    async ready(given) {
      const { timeoutMs = 5000, signal } = ownOptions("ready", given);
      if (known.checkedAt !== undefined || lifetime.signal.aborted) return touch();
      // It failed just now, and is tried again when it is due.
      if (known.failedAt !== undefined && !isDue(known, settings, now())) return;
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
        etcd,
        selector,
        ends: [lifetime.signal, given?.signal],
        refresh: () => rounds.answeredAnew(),
        digest: () => set.digest,
      }),
    get digest() {
      return status() === "expired" ? nothing.digest : set.digest;
    },
    get metadata() {
      return set.metadata;
    },
    get status() {
      return status();
    },
    get error() {
      return error;
    },
    get invalid() {
      return set.faults;
    },
    subscribe: (listener) => listeners.add(listener),
    toJSON: () => set.toJSON(),
    close,
    [Symbol.asyncDispose]: close,
  };

  async function close(): Promise<void> {
    if (lifetime.signal.aborted) return;
    const reason = new EtcdError("the flags are closed", "Closed", { outcome: "not-applied" });
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

/** What the cache has of the flags, and what it has that is no flag. A document that is not valid leaves `last`. */
function sourcesOf(from: Cache<Entry>, stored: FlagsSettings["stored"], last: FlagSources): FlagSources {
  if ("key" in stored) {
    const entry = from.get(stored.key);
    try {
      return entry === null ? noSources : sourcesOfDocument(entry.json<Json>(), "definition");
    } catch (error) {
      const message = `"${stored.key}" is no flagd document: ${isError(error) ? error.message : String(error)}`;
      return { ...last, faults: new Map([[stored.key, message]]) };
    }
  }
  const { prefix } = stored;
  const named = Array.from(from.getSnapshot(), ([key, entry]) => [key.slice(prefix.length), entry] as const);
  const strange = new Map<string, string>();
  for (const [key, { message }] of from.invalid) {
    strange.set(key.startsWith(prefix) ? key.slice(prefix.length) : key, message);
  }
  return sourcesOfEntries(named, strange);
}

function sameFaults(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && Array.from(a).every(([name, fault]) => b.get(name) === fault);
}
