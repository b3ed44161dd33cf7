import type { Fetch } from "../../src/transport/http/http.ts";
import type { Outcome } from "../../src/transport/errors/etcd-error.ts";
import { type BrokenFetch, brokenFetch, type Plan } from "./broken-fetch.ts";
import { type Truth, truthOf } from "./truth.ts";

/** What an operation with a broken request is asked to take at most, in milliseconds. */
const limitMs = 400;

export interface Call {
  readonly timeoutMs: number;
}

/** One public operation. `C`: the client it is called on; `S`: what has to be there before. */
export interface Operation<C, S = unknown, R = unknown> {
  /** Its name on the client or in the package; after a "#" in which of its ways it is called. */
  readonly name: string;
  /** Made before anything breaks. `id`: a name that nobody else uses. */
  setup?(client: C, id: string, truth: Truth): Promise<S>;
  run(client: C, id: string, call: Call, state: S): Promise<R>;
  /** Whether its effect is there: `"partly"` agrees with `unknown` alone. Left out where it has none, or none that shows. */
  applied?(truth: Truth, id: string, state: S): Promise<boolean | "partly">;
  /** It only reads: its outcome is always `not-applied`. */
  readonly reads?: true;
  /** Frees what it resolved with; nothing may be left after that but its effect, and what `setup` made. */
  release?(result: R, state: S): Promise<unknown>;
  /** Keys or leases stay when it has resolved, being what it is for. */
  readonly keeps?: true;
  /** It takes no time limit: `run` ends it by a signal. */
  readonly endless?: true;
  /** A real server of one member would not go on as it was, or not at all: members, alarms, authentication. */
  readonly memoryOnly?: true;
}

/** Clients of one API on a server. */
export interface Subject<C> {
  readonly fetch: Fetch;
  readonly url: string;
  connect(fetch: Fetch): C;
  close(client: C): Promise<void>;
  /** The outcome that an error of the API states; `undefined` for any other value. */
  outcomeOf(error: unknown): Outcome | undefined;
  /** What the server holds of an operation. Default: keys and leases of v3. */
  held?(truth: Truth, id: string): Promise<Held>;
  end?(): Promise<void>;
}

export interface CaseResult {
  readonly requests: number;
  /** What is wrong, if anything. */
  readonly fault: string | undefined;
  readonly ended: string;
}

/**
 * Measures for how long the machine kept this process, or this process its timers, from going on: the client's timers
 * are late by that too. The returned function ends it, and tells.
 */
function lateness(everyMs = 10): () => number {
  let late = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    late += Math.max(0, now - last - everyMs);
    last = now;
  };
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    look();
    return late;
  };
}

let cases = 0;

/** Runs an operation once, with some of its requests broken, and holds what it reports against the truth. */
export async function runCase<C>(
  subject: Subject<C>,
  operation: Operation<C>,
  plan: Plan,
  timeoutMs: number = limitMs,
): Promise<CaseResult> {
  const broken: BrokenFetch = brokenFetch(subject.fetch);
  const truth = truthOf(subject.fetch, subject.url);
  const client = subject.connect(broken.fetch);
  const id = `nth-${++cases}-${Math.random().toString(36).slice(2)}`;
  try {
    const state = await operation.setup?.(client, id, truth);
    const held = subject.held ?? heldOf;
    const before = await held(truth, id);
    const lateBy = lateness();
    broken.arm(plan);
    const start = performance.now();
    const ended = await settled(operation.run(client, id, { timeoutMs }, state));
    const tookMs = performance.now() - start;
    const requests = broken.disarm();
    const slackMs = lateBy() + 20;
    const fault = await judge();
    const told = ended.kind === "failed" ? describe(ended.error) : ended.kind;
    return {
      requests,
      fault: fault === undefined ? undefined : `${fault} (${told}, ${Math.round(tookMs)} ms)`,
      ended: told,
    };

    async function judge(): Promise<string | undefined> {
      if (ended.kind === "hangs") return "it hangs";
      if (tookMs > 1.2 * timeoutMs + slackMs) return `it took longer than its ${timeoutMs} ms`;
      const outcome = ended.kind === "failed" ? subject.outcomeOf(ended.error) : undefined;
      if (ended.kind === "failed" && outcome === undefined && operation.endless !== true) return "no error of the API";
      if (ended.kind === "failed" && operation.reads === true && outcome !== undefined && outcome !== "not-applied") {
        return `a read reports ${outcome}`;
      }
      const applied = await operation.applied?.(truth, id, state);
      if (applied !== undefined) {
        if (ended.kind === "done" && applied !== true) return "it resolved, and its effect is not there";
        if (outcome === "applied" && applied !== true) return "reported as applied, and its effect is not there";
        if (outcome === "not-applied" && applied !== false) return "reported as not applied, and its effect is there";
      }
      if (ended.kind === "done") {
        await operation.release?.(ended.value, state);
        if (operation.keeps === true) return undefined;
      } else if (outcome !== "not-applied") return undefined;
      const extra = leftOver(before, await held(truth, id));
      return extra.length === 0 ? undefined : `it leaves ${extra.join(", ")}`;
    }
  } finally {
    await subject.close(client);
    await subject.end?.();
  }
}

export interface Held {
  readonly keys: readonly string[];
  readonly leases: readonly string[];
}

async function heldOf(truth: Truth, id: string): Promise<Held> {
  return { keys: [...(await truth.entries(id)).keys()], leases: await truth.leases() };
}

function leftOver(before: Held, after: Held): string[] {
  return [
    ...after.keys.filter((key) => !before.keys.includes(key)).map((key) => `the key ${key}`),
    ...after.leases.filter((lease) => !before.leases.includes(lease)).map((lease) => `the lease ${lease}`),
  ];
}

type Ended =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "hangs" };

async function settled(work: Promise<unknown>): Promise<Ended> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Ended>((resolve) => {
    timer = setTimeout(resolve, 60 * limitMs, { kind: "hangs" });
  });
  const ended = work.then(
    (value): Ended => ({ kind: "done", value }),
    (error: unknown): Ended => ({ kind: "failed", error }),
  );
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

function describe(error: unknown): string {
  const { reason, name, outcome, message } = error as Record<string, unknown>;
  return `${String(reason ?? name)}, ${String(outcome)}: ${String(message).slice(0, 120)}`;
}
