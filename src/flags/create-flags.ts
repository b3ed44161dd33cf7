import { type Cache, cache } from "../recipes/cache/cache.ts";
import { createListeners } from "../recipes/listeners.ts";
import { checkWaitOptions, waitAtMost } from "../recipes/wait-at-most.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";
import type { Etcd } from "../v3/client.ts";
import type { Entry } from "../v3/kv/entry.ts";
import type { FlagContext, Json } from "./flag-format.ts";
import { checkBySchema, createFlagSet, type FlagDetails, type FlagSet } from "./flag-set.ts";
import type { Flags, FlagsEvent, FlagsStatus } from "./flags.ts";
import { checkFlagsOptions, type FlagsOptions } from "./flags-options.ts";
import { type Freshness, isDue, isExpired } from "./freshness.ts";

/** Work that is older than this is taken for dead: a runtime may end a request together with what it has begun. */
const abandonMs = 15_000;

/**
 * Feature flags out of etcd, for functions that must be fast and must not fail. Nothing is sent, and no timer started,
 * until the first read: it can be made once, for all requests.
 *
 * @example
 * const flags = createFlags(etcd, { prefix: "flags/", defaults: { darkMode: false, limit: 10 } });
 * await flags.ready();
 * flags.get("limit", { targetingKey: user.id });
 */
export function createFlags<F extends object>(etcd: Etcd, options: FlagsOptions<F>): Flags<F> {
  const settings = checkFlagsOptions(options);
  const { prefix, defaults, now, mode } = settings;
  const check = checkBySchema(settings.schema, defaults);
  const listeners = createListeners<FlagsEvent>();
  let set = createFlagSet(settings.bootstrap ?? new Map(), check);
  let known: Freshness = { checkedAt: undefined, failedAt: undefined };
  let error: unknown;
  let cached: Cache<Entry> | undefined;
  let asking: { readonly since: number; readonly done: Promise<void> } | undefined;
  let told: FlagsStatus = "empty";
  let snapshot: ReadonlyMap<string, Entry> | undefined;
  let rounds = 0;
  const lifetime = new AbortController();

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
  function look(at: Cache<Entry>): void {
    if (at !== cached || lifetime.signal.aborted) return;
    const last = set;
    if (at.getSnapshot() !== snapshot) {
      snapshot = at.getSnapshot();
      const sources = Array.from(snapshot, ([key, entry]) => [key.slice(prefix.length), sourceOf(entry)] as const);
      set = createFlagSet(new Map(sources), check, last);
    }
    if (at.status === "live") answered();
    else failed(at.error);
    const changed = changedNames(last, set);
    if (changed.length > 0) listeners.tell({ type: "changed", flags: changed });
    tellStatus();
  }

  function answered(): void {
    known = { checkedAt: now(), failedAt: undefined };
    error = undefined;
  }

  function failed(reason: unknown): void {
    // A watch was in touch until this moment; a poll until its last answer.
    const lost = mode === "watch" && known.checkedAt !== undefined && known.failedAt === undefined;
    known = { checkedAt: lost ? now() : known.checkedAt, failedAt: now() };
    error = reason;
  }

  async function ask(): Promise<void> {
    if (lifetime.signal.aborted) throw lifetime.signal.reason;
    const round = ++rounds;
    try {
      if (cached === undefined || cached.status === "closed") {
        const opened = await cache(etcd, { prefix }, { ...pollsOrWatch(mode), signal: lifetime.signal });
        // Given up meanwhile: another round is the one that counts.
        if (round !== rounds) return await opened.close();
        cached = opened;
        if (mode === "watch") opened.subscribe(() => look(opened));
      } else {
        await cached.refresh();
      }
      if (round === rounds) look(cached);
    } catch (reason) {
      if (lifetime.signal.aborted) throw lifetime.signal.reason;
      if (round === rounds) {
        failed(reason);
        tellStatus();
      }
      throw reason;
    }
  }

  function isAsking(): boolean {
    return asking !== undefined && now() - asking.since < abandonMs;
  }

  /** Whatever is under way, or a new round. */
  function round(): Promise<void> {
    if (asking !== undefined && isAsking()) return asking.done;
    // What was begun for another request, and died with it, must not hold up this one.
    if (asking !== undefined && mode === "poll") cached = undefined;
    const own = { since: now(), done: ask() };
    asking = own;
    const over = (): void => {
      if (asking === own) asking = undefined;
    };
    own.done.then(over, over);
    return own.done;
  }

  /** The heart of stale-while-revalidate: a read is answered from what is known, and sees that it is looked after. */
  function touch(): void {
    const followed = mode === "watch" && cached !== undefined && cached.status !== "closed";
    if (!lifetime.signal.aborted && !followed && !isAsking() && isDue(known, settings, now())) {
      round().catch(() => undefined);
    }
    tellStatus();
  }

  function read(name: string, fallback: unknown, context: FlagContext): FlagDetails<unknown> {
    const current = status();
    if (current === "expired") {
      const errorMessage = "etcd has not answered for longer than its last answer may be used";
      return { value: fallback, variant: undefined, reason: "ERROR", errorCode: "PROVIDER_NOT_READY", errorMessage };
    }
    const details = set.details(name, fallback, context);
    const stale = current === "stale" && details.reason !== "ERROR" && set.names.has(name);
    return stale ? { ...details, reason: "STALE" } : details;
  }

  function details<K extends keyof F & string>(name: K, context: FlagContext = {}): FlagDetails<F[K]> {
    if (!Object.hasOwn(defaults, name)) throw new TypeError(`there is no flag "${name}" in the defaults`);
    touch();
    return read(name, defaults[name], context) as FlagDetails<F[K]>;
  }

  return {
    details,
    get: (name, context) => details(name, context).value,
    find(name, context = {}) {
      touch();
      const own = Object.hasOwn(defaults, name);
      return own || set.names.has(name) ? read(name, own ? defaults[name] : undefined, context) : undefined;
    },
    all(context = {}) {
      touch();
      return Object.fromEntries(
        Object.entries(defaults).map(([name, fallback]) => [name, read(name, fallback, context).value]),
      ) as F;
    },
    async ready(given) {
      const { timeoutMs = 5000, signal } = checkWaitOptions("ready", given);
      if (known.checkedAt !== undefined || lifetime.signal.aborted) return touch();
      if (asking === undefined && !isDue(known, settings, now())) return;
      await waitAtMost({ timeoutMs, signal }, () => round()).catch((reason: unknown) => {
        if (signal?.aborted) throw reason;
      });
    },
    async refresh(given) {
      const wait = checkWaitOptions("refresh", given);
      // What is under way may have been answered before this call.
      await waitAtMost(wait, async () => {
        if (asking !== undefined) await round().catch(() => undefined);
        await round();
      });
    },
    async settled() {
      await asking?.done.catch(() => undefined);
    },
    get digest() {
      return status() === "expired" ? nothing.digest : set.digest;
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
    toJSON: () => ({
      flags: Object.fromEntries(Array.from(set.good, ([name, source]) => [name, JSON.parse(source) as Json])),
    }),
    close,
    [Symbol.asyncDispose]: close,
  };

  async function close(): Promise<void> {
    if (lifetime.signal.aborted) return;
    lifetime.abort(new EtcdError("the flags are closed", "Closed", { outcome: "not-applied" }));
    tellStatus();
    listeners.clear();
    await cached?.close();
  }
}

const nothing = createFlagSet(new Map(), (_, value) => value);

/** The flags that are stored another way in `next`, in the order of their names. */
function changedNames(last: FlagSet, next: FlagSet): string[] {
  if (last === next) return [];
  const names = new Set([...last.good.keys(), ...next.good.keys()]);
  return [...names].filter((name) => last.good.get(name) !== next.good.get(name)).sort();
}

function pollsOrWatch(mode: "poll" | "watch"): { mode: "watch" } | { mode: "poll"; pollMs: false } {
  return mode === "watch" ? { mode } : { mode, pollMs: false };
}

/** A flag's JSON, whatever spaces it is stored with; text that is no JSON stays as it is, to be told of. */
function sourceOf(entry: Entry): string {
  try {
    return JSON.stringify(entry.json());
  } catch {
    try {
      return entry.text();
    } catch {
      return "(not UTF-8)";
    }
  }
}
