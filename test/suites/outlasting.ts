import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import {
  barrier,
  cache,
  doubleBarrier,
  election,
  type Etcd,
  EtcdError,
  mutex,
  queue,
  registry,
  rwLock,
  semaphore,
} from "../../src/index.ts";
import { createFlags } from "../../src/flags/index.ts";
import { createUnstorageDriver } from "../../src/unstorage/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { breaker, until } from "./tools.ts";

/** Something that lasts, and watches. */
interface Lasting {
  /** What it is to see when it is in touch again. */
  change(): Promise<unknown>;
  /** Resolves when it has seen it; rejects if it has ended. */
  readonly seen: Promise<unknown>;
  end?(): Promise<unknown>;
}

/** `etcd` breaks, `outside` does not; `name` is a part of the keyspace. */
type Begin = (etcd: Etcd, outside: Etcd, name: string) => Promise<Lasting>;

/** Waits behind a holder, who releases. */
function waiting(
  of: (
    etcd: Etcd,
    name: string,
  ) => {
    acquire(): Promise<{ release(): Promise<void> }>;
  },
): Begin {
  return async (etcd, outside, name) => {
    const held = await of(outside, name).acquire();
    const seen = of(etcd, name).acquire();
    return { change: () => held.release(), seen, end: async () => (await seen).release() };
  };
}

const lasting: Readonly<Record<string, Begin>> = {
  observer: async (etcd, outside, name) => {
    const observer = election(etcd, name).observe();
    await observer.next();
    const seen = observer.next();
    return { change: () => election(outside, name).campaign("ann"), seen };
  },
  candidate: async (etcd, outside, name) => {
    const leader = await election(outside, name).campaign("ann");
    const seen = election(etcd, name).campaign("bob");
    return { change: () => leader.resign(), seen, end: async () => (await seen).resign() };
  },
  mutex: waiting(mutex),
  rwLock: waiting((etcd, name) => rwLock(etcd, name).write),
  semaphore: waiting((etcd, name) => semaphore(etcd, name, { permits: 1 })),
  async hold(etcd, outside, name) {
    const held = await mutex(etcd, name).acquire();
    let isLost = false;
    const lost = new Promise((resolve) => held.signal.addEventListener("abort", resolve));
    void lost.then(() => (isLost = true));
    return {
      async change() {
        expect(isLost).toBe(false);
        await outside.delete(held.key);
      },
      seen: lost,
    };
  },
  async barrier(etcd, outside, name) {
    await barrier(outside, name).hold();
    return { change: () => barrier(outside, name).release(), seen: barrier(etcd, name).wait() };
  },
  queue: async (etcd, outside, name) => ({
    change: () => queue(outside, name).enqueue("1"),
    seen: queue(etcd, name).dequeue(),
  }),
  async doubleBarrier(etcd, outside, name) {
    const [own, other] = [etcd, outside].map((each) => doubleBarrier(each, name, { count: 2 }));
    return { change: async () => other?.enter(), seen: own?.enter() ?? Promise.reject(new Error("none")) };
  },
  async registration(etcd, outside, name) {
    const registration = await registry(etcd, name).register("me", "here");
    const key = `${name}/me`;
    const first = await outside.get(key);
    return {
      change: () => outside.delete(key),
      seen: (async () => {
        // Created anew: that it was gone in between may be over before anybody looks.
        for (
          let now = first;
          now === null || now.createRevision === first?.createRevision;
          now = await outside.get(key)
        ) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })(),
      end: () => registration.close(),
    };
  },
  async cache(etcd, outside, name) {
    const cached = await cache(etcd, { prefix: name });
    const seen = new Promise<void>((resolve) => cached.subscribe(() => cached.has(name) && resolve()));
    return { change: () => outside.put(name, "1"), seen, end: () => cached.close() };
  },
  async watch(etcd, outside, name) {
    const watch = etcd.watch(name, { onCompaction: "resync" });
    await watch.ready;
    return { change: () => outside.put(name, "1"), seen: watch[Symbol.asyncIterator]().next() };
  },
  async flags(etcd, outside, name) {
    const flags = createFlags(etcd, { prefix: `${name}/`, defaults: { limit: 1 } });
    await flags.refresh();
    const changes = flags.follow()[Symbol.asyncIterator]();
    const seen = changes.next().then(({ done }) => expect(done).toBe(false));
    return { change: () => outside.put(`${name}/limit`, "2"), seen, end: () => flags.close() };
  },
  async unstorage(etcd, outside, name) {
    let told: (key: string) => void = () => undefined;
    const seen = new Promise<string>((resolve) => (told = resolve));
    const driver = createUnstorageDriver(etcd, { prefix: `${name}/` });
    await driver.watch((_, key) => told(key));
    return { change: () => outside.put(`${name}/a`, "1"), seen, end: async () => driver.dispose() };
  },
};

/** What a read may meet while a client has no stream. */
const failures: Readonly<Record<string, () => Error>> = {
  "that fail": () => new ConnectError("reads fail", Code.Unavailable),
  "that a login page answers": () =>
    new EtcdError("a page", "RedirectRefused", { outcome: "not-applied", retryable: false }),
  "that another server answers": () => new EtcdError("a page", "NotEtcd", { outcome: "not-applied", retryable: false }),
};

/** What lasts outlasts a break, in which its history is compacted, and reads that fail after it. */
export function outlastingSuite(connect: Connect): void {
  it.each(Object.entries(failures))(
    "what watches outlasts a break with a compaction, and then reads %s",
    async (_, failure) => {
      const prefix = freshPrefix();
      const streams = breaker();
      let failing = false;
      const answered: string[] = [];
      const failed: string[] = [];
      const watched: string[] = [];
      const reads: Interceptor = (next) => async (request) => {
        if (request.stream && request.method.name === "Watch") {
          return next({ ...request, message: noted(request.message, (message) => watched.push(keysIn(message))) });
        }
        if (request.stream || !["Range", "Txn"].includes(request.method.name)) return next(request);
        const text = keysIn(request.message);
        if (failing) {
          failed.push(text);
          throw failure();
        }
        const response = await next(request);
        answered.push(text);
        return response;
      };
      const etcd = connect({ interceptors: [streams.interceptor, reads], retry: false });
      const outside = connect();
      const started = await beginAll(etcd, outside, prefix);
      const of = (texts: readonly string[], name: string): number => texts.filter((text) => text.includes(name)).length;
      const areWatching = (): boolean => started.every(({ name }) => of(answered, name) > 0 && of(watched, name) > 0);
      await until("each watches", areWatching, 30_000);

      streams.cut();
      failing = true;
      // The revision that is compacted is there to be watched from; the one before it is not.
      await outside.put(`${prefix}noise`, "1");
      const { revision } = await outside.put(`${prefix}noise`, "2");
      await outside.compact(revision);
      streams.mend();
      const missing = (): string[] => started.flatMap(({ kind, name }) => (of(failed, name) === 0 ? [kind] : []));
      await until("each has met reads that fail", () => missing().length === 0, 30_000).catch((error: unknown) => {
        const ended = started.map(({ kind, ended: why }) => `${kind}: ${String(why())}`);
        throw new Error(`${missing().join()} did not read; ${ended.join("; ")}`, { cause: error });
      });
      failing = false;

      await seenByAll(started);
    },
    120_000,
  );

  it("what watches outlasts a while in which something else answers in the place of etcd", async () => {
    const prefix = freshPrefix();
    const streams = breaker();
    const watched: string[] = [];
    const notes: Interceptor = (next) => async (request) =>
      request.stream && request.method.name === "Watch"
        ? next({ ...request, message: noted(request.message, (message) => watched.push(keysIn(message))) })
        : next(request);
    const etcd = connect({ interceptors: [streams.interceptor, notes] });
    const started = await beginAll(etcd, connect(), prefix);
    await until("each watches", () => started.every(({ name }) => watched.some((text) => text.includes(name))), 30_000);
    const [, ...answers] = Object.values(failures);
    streams.cut(() => answers[streams.refused % answers.length]?.() ?? new Error("none"));
    await until("each answer has been met", () => streams.refused >= 4, 30_000);
    streams.mend();
    await seenByAll(started);
  }, 120_000);
}

interface Started extends Lasting {
  readonly kind: string;
  readonly name: string;
  /** What ended it before it had seen the change. */
  ended(): unknown;
}

function beginAll(etcd: Etcd, outside: Etcd, prefix: string): Promise<Started[]> {
  return Promise.all(
    Object.entries(lasting).map(async ([kind, begin]) => {
      const name = `${prefix}${kind}!`;
      const { change, seen, end } = await begin(etcd, outside, name);
      let ended: unknown;
      seen.catch((error: unknown) => (ended = error ?? new Error("ended")));
      onTestFinished(async () => void (await end?.()));
      return { kind, name, change, seen, ended: () => ended };
    }),
  );
}

async function seenByAll(started: readonly Started[]): Promise<void> {
  for (const { change } of started) await change();
  const results = await Promise.allSettled(started.map(({ seen }) => seen));
  const outcomes = results.map((result) => (result.status === "rejected" ? String(result.reason) : "seen"));
  expect(started.map(({ kind }, i) => [kind, outcomes[i]])).toEqual(Object.keys(lasting).map((kind) => [kind, "seen"]));
}

async function* noted<T>(messages: AsyncIterable<T>, note: (message: T) => void): AsyncGenerator<T> {
  for await (const message of messages) {
    note(message);
    yield message;
  }
}

/** The bytes of a message, wherever they stand in it, as text. */
function keysIn(message: unknown): string {
  if (ArrayBuffer.isView(message)) return new TextDecoder().decode(message);
  if (typeof message !== "object" || message === null) return "";
  return Object.values(message).map(keysIn).join(" ");
}
