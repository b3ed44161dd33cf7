import { type Cache, cache } from "../recipes/cache/cache.ts";
import { succeedsWithin } from "../recipes/wait.ts";
import type { Etcd } from "../v3/client.ts";
import type { Entry } from "../v3/kv/entry.ts";
import type { Selector } from "../v3/keys.ts";

/** A round that is older is dead: a runtime may end a request together with what it has begun. */
const abandonMs = 15_000;
/** A caller that waits for another's round for longer begins one of its own. */
const patienceMs = 2000;

/** Asks etcd for what flags are stored as. */
export interface LoadRounds {
  /** Begins a round in the background, unless one is under way that may still be answered. */
  start(): void;
  /** Resolves when a round is answered; rejects with why it was not. */
  answered(): Promise<void>;
  /** The same, of a round that begins after the call. */
  answeredAnew(): Promise<void>;
  /** Resolves when the newest round is over; never rejects. */
  settled(): Promise<void>;
  /** Whether a watch keeps the flags up to date. */
  readonly following: boolean;
  close(reason: unknown): Promise<void>;
}

interface Round {
  readonly number: number;
  readonly since: number;
  readonly controller: AbortController;
  /** The cache that it refreshes; `undefined`: it opens one. */
  readonly refreshes: Cache<Entry> | undefined;
  readonly done: Promise<void>;
}

export interface LoadOptions {
  readonly etcd: Etcd;
  readonly selector: Selector;
  readonly mode: "poll" | "watch";
  readonly now: () => number;
  /** Is called with what etcd has, after each round and, in `watch` mode, each change. */
  readonly take: (from: Cache<Entry>) => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Rounds are shared by all who wait, and nobody depends on a round for ever: its promise may die with the request that
 * began it. A later round takes the place of an earlier one, and one that is given up frees all it had.
 */
export function createLoadRounds({ etcd, selector, mode, now, take, fail }: LoadOptions): LoadRounds {
  let current: { readonly cache: Cache<Entry>; readonly number: number } | undefined;
  let rounds: readonly Round[] = [];
  let count = 0;
  let ended: { readonly reason: unknown } | undefined;

  function begin(): Round {
    for (const round of rounds) if (now() - round.since >= abandonMs) giveUp(round);
    const number = ++count;
    const controller = new AbortController();
    const open = current !== undefined && current.cache.status !== "closed" ? current.cache : undefined;
    const refreshes = rounds.some((round) => round.refreshes === open) ? undefined : open;
    const done = load(number, refreshes, controller.signal);
    const round: Round = { number, since: now(), controller, refreshes, done };
    rounds = [...rounds, round];
    const over = (): void => void (rounds = rounds.filter((each) => each !== round));
    done.then(over, over);
    return round;
  }

  /** Throws once all is over; that is later news than what a request met. */
  function checkOpen(): void {
    if (ended !== undefined) throw ended.reason;
  }

  async function load(number: number, refreshes: Cache<Entry> | undefined, signal: AbortSignal): Promise<void> {
    checkOpen();
    try {
      if (refreshes === undefined) await open(number, signal);
      else await refreshes.refresh({ signal });
    } catch (reason) {
      checkOpen();
      // What a later round has found out is newer.
      if (current === undefined || current.number < number) fail(reason);
      throw reason;
    }
    if (refreshes !== undefined && refreshes === current?.cache) take(refreshes);
  }

  async function open(number: number, signal: AbortSignal): Promise<void> {
    const options = mode === "watch" ? ({ mode } as const) : ({ mode, pollMs: false } as const);
    const opened = await cache(etcd, selector, { ...options, signal });
    if (ended !== undefined || (current !== undefined && current.number > number)) return opened.close();
    const last = current?.cache;
    current = { cache: opened, number };
    if (mode === "watch") opened.subscribe(() => current?.cache === opened && take(opened));
    take(opened);
    if (last !== undefined) await last.close();
  }

  function giveUp({ controller, refreshes }: Round): void {
    rounds = rounds.filter((round) => round.controller !== controller);
    try {
      controller.abort(new DOMException("given up", "AbortError"));
      if (refreshes !== undefined && mode === "poll") {
        if (current?.cache === refreshes) current = undefined;
        refreshes.close().catch(() => undefined);
      }
    } catch {
      // Some runtimes do not let one request abort what another has begun: it has gone with that one.
    }
  }

  /** The round to wait for, or to leave it at. */
  function newest(): Round | undefined {
    const round = rounds.at(-1);
    return round !== undefined && now() - round.since < abandonMs ? round : undefined;
  }

  async function wait(first: Round): Promise<void> {
    for (let round = first; ; ) {
      const over = round.done.catch(() => undefined);
      if (await succeedsWithin(patienceMs, over)) return round.done;
      const later = rounds.at(-1);
      round = later !== undefined && later.number > round.number ? later : begin();
    }
  }

  return {
    start() {
      if (newest() === undefined) begin().done.catch(() => undefined);
    },
    answered: () => wait(newest() ?? begin()),
    async answeredAnew() {
      const before = count;
      const last = newest();
      // What is under way may have been answered before this call.
      if (last !== undefined) await succeedsWithin(patienceMs, last.done);
      const later = newest();
      await wait(later !== undefined && later.number > before ? later : begin());
    },
    async settled() {
      await rounds.at(-1)?.done.catch(() => undefined);
    },
    get following() {
      return mode === "watch" && current !== undefined && current.cache.status !== "closed";
    },
    async close(reason) {
      ended = { reason };
      for (const { controller } of rounds) controller.abort(reason);
      await current?.cache.close();
    },
  };
}
