import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { expect, TestRunner } from "vitest";
import type { Entry } from "../../src/index.ts";

declare module "vitest" {
  export interface TaskMeta {
    limit?: string;
  }
}

/** Says that the test at work shows a known limit of where it runs, not the behaviour of elsewhere. */
export function limit(what: string): void {
  const test = TestRunner.getCurrentTest();
  if (test !== undefined) test.meta.limit = what;
}

/** A request as an interceptor saw it go out, retries included. */
export interface SeenCall {
  readonly rpc: string;
  /** Of the first message, where the call is a stream. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** An interceptor that writes down what passes, to see what a call costs and that a refused one never left. */
export function recorder(): { readonly interceptor: Interceptor; readonly calls: SeenCall[]; rpcs(): string[] } {
  const calls: SeenCall[] = [];
  return {
    calls,
    rpcs: () => calls.map(({ rpc }) => rpc),
    interceptor: (next) => (request) => {
      calls.push({ rpc: request.method.name, message: request.stream ? {} : { ...request.message } });
      return next(request);
    },
  };
}

export interface Breaker {
  readonly interceptor: Interceptor;
  /** How many streams were refused. */
  readonly refused: number;
  /** `refusal`: what those meet that are opened meanwhile. */
  cut(refusal?: () => Error): void;
  mend(): void;
}

/** An interceptor by which streams break, and no other is opened while that is so. */
export function breaker(): Breaker {
  const error = (): ConnectError => new ConnectError("the stream is cut", Code.Unavailable);
  let meets: () => Error = error;
  let refused = 0;
  let down = nextBreak();

  function nextBreak(): { isNow: boolean; readonly met: Promise<never>; meet(): void } {
    let meet: () => void = () => undefined;
    const met = new Promise<never>((_, reject) => (meet = () => reject(error())));
    met.catch(() => undefined);
    return { isNow: false, met, meet };
  }

  async function* carried<T>(messages: AsyncIterable<T>, { met }: typeof down): AsyncGenerator<T> {
    const source = messages[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await Promise.race([source.next(), met]);
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // It may never answer, as long as a message is awaited.
      source.return?.().catch(() => undefined);
    }
  }

  return {
    interceptor: (next) => async (request) => {
      if (!request.stream) return next(request);
      const own = down;
      if (own.isNow) {
        refused++;
        throw meets();
      }
      const response = await Promise.race([next(request), own.met]);
      return response.stream ? { ...response, message: carried(response.message, own) } : response;
    },
    get refused() {
      return refused;
    },
    cut(refusal = error) {
      meets = refusal;
      down.isNow = true;
      down.meet();
    },
    mend: () => void (down = nextBreak()),
  };
}

/** The first `n` items; fewer where it ends before. Leaves the loop, so that the source is freed. */
export async function take<T>(n: number, source: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  if (n === 0) return taken;
  for await (const item of source) {
    taken.push(item);
    if (taken.length === n) break;
  }
  return taken;
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  return take(Infinity, source);
}

/** Runs `work` for 0 to `n - 1`, a few at a time: thousands of writes in a second. */
export async function times(n: number, work: (i: number) => Promise<unknown>, atOnce = 64): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < n) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
}

/** Resolves when `condition` holds; it is asked every few milliseconds. */
export async function until(what: string, condition: () => boolean, ms = 5000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * A wait for its turn that ends as `expected` when its time is up. It waits a little for its key to be deleted: only when
 * it has seen that done it says "not-applied", and on a busy machine the key may go later.
 */
export async function givesUp(
  waiting: Promise<unknown>,
  expected: object,
  isGone: () => Promise<boolean>,
): Promise<void> {
  const error = await waiting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject(expected);
  const { outcome } = error as { outcome: unknown };
  if (outcome === "not-applied") expect(await isGone()).toBe(true);
  else expect(outcome).toBe("unknown");
  while (!(await isGone()));
}

const utf8 = new TextEncoder();

export function bytes(...parts: (string | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...utf8.encode(part)])));
}

/** A value of `size` bytes that no compression or chunking could confuse with another. */
export function bigValue(size: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size }, () => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 16);
}

/** Those of a test among the keys of others, which may be any bytes. */
export function below(prefix: string, entries: readonly Entry[]): Entry[] {
  const start = utf8.encode(prefix);
  return entries.filter(({ keyBytes }) => start.every((byte, i) => keyBytes[i] === byte));
}

/** What is left of the keys without the prefix of the test. */
export function names(prefix: string, entries: readonly Entry[]): string[] {
  return entries.map(({ key }) => key.slice(prefix.length));
}

export function value<T>(found: T | null | undefined): T {
  if (found === null || found === undefined) throw new Error("expected a value, got none");
  return found;
}
