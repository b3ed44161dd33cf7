import { Entry, type Etcd, EtcdError, type RangeResult, type WatchBatch } from "../../src/index.ts";

// Clients that are wrong in one way each. A harness that does not find them proves nothing of one that is right.

export type SeededBug = (etcd: Etcd, random: () => number) => Etcd;

type Overrides = Partial<Pick<Etcd, "range" | "put" | "update" | "txn" | "delete" | "watch" | "lease">>;

const wrong =
  (bug: (etcd: Etcd, random: () => number) => Overrides): SeededBug =>
  (etcd, random) => ({ ...etcd, ...bug(etcd, random) });

const isUncertain = (error: unknown): error is EtcdError => EtcdError.is(error) && error.outcome === "unknown";

/** Writes as they are, with something else done where the outcome is unknown. */
function onUncertain(handle: <T>(error: EtcdError, again: () => Promise<T>) => Promise<T>): SeededBug {
  return wrong((etcd) => {
    const caught = <T>(write: () => Promise<T>): Promise<T> =>
      write().catch((error: unknown) => {
        if (!isUncertain(error)) throw error;
        return handle(error, () => caught(write));
      });
    return {
      put: (...args) => caught(() => etcd.put(...args)),
      update: (...args) => caught(() => etcd.update(...args)),
      lease: { ...etcd.lease, grant: (...args) => caught(() => etcd.lease.grant(...args)) },
      delete: (...args) => caught(() => etcd.delete(...args)),
      txn: (...args) => caught(() => etcd.txn(...args)),
    };
  });
}

/** Ranges whose answers are tampered with, now and then. */
function onRead(tamper: (answer: RangeResult, earlier: RangeResult, random: () => number) => RangeResult): SeededBug {
  return wrong((etcd, random) => {
    const before = new Map<string, RangeResult>();
    return {
      async range(selector, options) {
        const answer = await etcd.range(selector, options);
        const id = JSON.stringify(selector);
        const earlier = before.get(id) ?? answer;
        if (random() < 0.3) before.set(id, answer);
        return random() < 0.1 ? tamper(answer, earlier, random) : answer;
      },
    };
  });
}

/** Watches whose batches are tampered with. */
function onWatch(tamper: (batches: AsyncIterable<WatchBatch>) => AsyncIterableIterator<WatchBatch>): SeededBug {
  return wrong((etcd) => ({
    watch(selector, options) {
      const watch = etcd.watch(selector, options);
      return {
        ready: watch.ready,
        get state() {
          return watch.state;
        },
        cancel: watch.cancel,
        toReadableStream: watch.toReadableStream,
        [Symbol.asyncIterator]: () => watch[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: () => watch.cancel(),
        batches: () => tamper(watch.batches()),
      };
    },
  }));
}

function amended(error: EtcdError, outcome: EtcdError["outcome"]): EtcdError {
  return new EtcdError(error.message, error.reason, { outcome });
}

export const seededBugs: Readonly<Record<string, SeededBug>> = {
  "repeats a write whose outcome is unknown": onUncertain((_, again) => again()),

  "says of a write of unknown outcome that it did not take place": onUncertain((error) =>
    Promise.reject(amended(error, "not-applied")),
  ),

  "says of a write of unknown outcome that it took place": onUncertain((error) =>
    Promise.reject(amended(error, "applied")),
  ),

  "says not-applied, and sends the write later": wrong((etcd, random) => ({
    async put(...args) {
      if (random() > 0.05) return etcd.put(...args);
      setTimeout(() => void etcd.put(...args).catch(() => undefined), 5);
      throw new EtcdError("not sent", "Unreachable", { outcome: "not-applied" });
    },
  })),

  "puts and deletes without looking at the guard": wrong((etcd, random) => ({
    put: (key, value, options) => etcd.put(key, value, random() < 0.5 ? { ...options, guard: undefined } : options),
    delete: (key, options) => etcd.delete(key, random() < 0.5 ? { ...options, guard: undefined } : options),
  })),

  "says of an update that it was refused": wrong((etcd, random) => ({
    async update(...args) {
      const answer = await etcd.update(...args);
      return random() < 0.3 ? { ...answer, updated: false } : answer;
    },
  })),

  "makes a lease twice": wrong((etcd, random) => ({
    lease: {
      ...etcd.lease,
      async grant(ttl, options) {
        if (random() < 0.5) await etcd.lease.grant(ttl);
        return etcd.lease.grant(ttl, options);
      },
    },
  })),

  "says not-applied of a lease that is made": wrong((etcd, random) => ({
    lease: {
      ...etcd.lease,
      async grant(...args) {
        const lease = await etcd.lease.grant(...args);
        if (random() < 0.5) throw new EtcdError("not sent", "Unreachable", { outcome: "not-applied" });
        return lease;
      },
    },
  })),

  "answers a read with what it read before": onRead((_, earlier) => earlier),

  "answers an old value at a new revision": onRead((answer, earlier) => ({ ...earlier, revision: answer.revision })),

  "answers a new value at an old revision": onRead((answer, earlier) => ({ ...answer, revision: earlier.revision })),

  "finds nothing where something is": onRead((answer) => ({ ...answer, entries: [] })),

  "counts one version too many": onRead((answer) => ({
    ...answer,
    entries: answer.entries.map((entry) => new Entry({ ...fields(entry), version: entry.version + 1n })),
  })),

  "mixes up the answers of two reads": wrong((etcd, random) => {
    let other: RangeResult | undefined;
    return {
      async range(selector, options) {
        const answer = await etcd.range(selector, options);
        const mixed = random() < 0.05 ? other : undefined;
        other = answer;
        return mixed ?? answer;
      },
    };
  }),

  "writes without looking at the condition": wrong((etcd, random) => ({
    txn: ((branches: Parameters<Etcd["txn"]>[0], options: Parameters<Etcd["txn"]>[1]) =>
      etcd.txn(random() < 0.2 ? { ...branches, if: [] } : branches, options)) as Etcd["txn"],
  })),

  "says of a delete that there was nothing": wrong((etcd, random) => ({
    async delete(...args) {
      const answer = await etcd.delete(...args);
      return random() < 0.3 ? { ...answer, deleted: 0n } : answer;
    },
  })),

  "acknowledges a put at the revision before": wrong((etcd, random) => ({
    async put(...args) {
      const answer = await etcd.put(...args);
      return random() < 0.1 ? { ...answer, revision: answer.revision - 1n } : answer;
    },
  })),

  "a watch drops one batch of a hundred": onWatch(async function* (batches) {
    let count = 0;
    for await (const batch of batches) if (++count % 100 !== 0) yield batch;
  }),

  "a watch gives a batch twice": onWatch(async function* (batches) {
    let count = 0;
    for await (const batch of batches) {
      yield batch;
      if (++count % 100 === 0) yield batch;
    }
  }),

  "a watch swaps two batches": onWatch(async function* (batches) {
    let count = 0;
    let kept: WatchBatch | undefined;
    for await (const batch of batches) {
      if (++count % 100 === 50) kept = batch;
      else {
        yield batch;
        if (kept !== undefined) yield kept;
        kept = undefined;
      }
    }
  }),

  "a watch splits the changes of one revision": onWatch(async function* (batches) {
    for await (const { revision, events } of batches) for (const event of events) yield { revision, events: [event] };
  }),
};

function fields({
  keyBytes,
  value,
  createRevision,
  modRevision,
  version,
  lease,
}: Entry): ConstructorParameters<typeof Entry>[0] {
  return { keyBytes, value, createRevision, modRevision, version, lease };
}
