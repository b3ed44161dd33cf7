import { compareText } from "../store/comparators.ts";
import type { Clock, Timer } from "../server-clock.ts";
import type { Ids } from "../ids.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Store } from "../store/store.ts";

export interface StoredLease {
  readonly id: bigint;
  /** The TTL after each renewal, in seconds. */
  readonly ttl: bigint;
  /** The keys attached to it. */
  readonly keys: ReadonlySet<string>;
  /** When it ends, in milliseconds of the server's clock. */
  readonly deadline: number;
}

interface HeldLease extends StoredLease {
  readonly keys: Set<string>;
  deadline: number;
  timer: Timer;
}

/** The longest TTL that etcd allows, in seconds. */
const maxTtl = 9_000_000_000n;

/** Leases, and the keys that go with them. */
export class Lessor {
  readonly #leases = new Map<bigint, HeldLease>();
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #minTtl: bigint;
  readonly #onEnd: ((id: bigint) => void)[] = [];

  constructor(store: Store, clock: Clock, ids: Ids, minTtl: bigint) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#minTtl = minTtl;
    store.onChange((changes) => {
      for (const { key, kv, deleted, previous } of changes) {
        if (previous !== undefined && previous.lease !== 0n) this.#leases.get(previous.lease)?.keys.delete(key);
        if (!deleted && kv.lease !== 0n) this.#leases.get(kv.lease)?.keys.add(key);
      }
    });
  }

  get(id: bigint): StoredLease | undefined {
    return this.#leases.get(id);
  }

  /** All leases, ordered by when they end. */
  all(): StoredLease[] {
    return [...this.#leases.values()].sort((a, b) => a.deadline - b.deadline);
  }

  /** With `id` 0 one is chosen; `ttl` is raised to the least that the server gives. Throws `RpcError`. */
  grant(id: bigint, ttl: bigint): StoredLease {
    if (ttl > maxTtl) throw etcdFailure("leaseTtlTooLarge");
    if (this.#leases.has(id)) throw etcdFailure("leaseExists");
    const granted = ttl < this.#minTtl ? this.#minTtl : ttl;
    const own = id === 0n ? this.#newId() : id;
    const lease: HeldLease = { id: own, ttl: granted, keys: new Set(), deadline: 0, timer: { cancel() {} } };
    this.#leases.set(own, lease);
    this.#extend(lease);
    return lease;
  }

  renew(id: bigint): StoredLease | undefined {
    const lease = this.#leases.get(id);
    if (lease !== undefined) this.#extend(lease);
    return lease;
  }

  /** Whole seconds until the lease ends. */
  remaining(lease: StoredLease): bigint {
    return BigInt(Math.max(0, Math.floor((lease.deadline - this.#clock.now()) / 1000)));
  }

  /** Ends the lease and deletes its keys, all in one revision. Throws `RpcError` when there is none. */
  revoke(id: bigint): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw etcdFailure("leaseNotFound");
    lease.timer.cancel();
    this.#leases.delete(id);
    this.#store.write((txn) => {
      const keys = [...lease.keys].sort(compareText);
      for (const start of keys) txn.delete({ start, single: true, end: undefined });
    });
    for (const listener of this.#onEnd) listener(id);
  }

  /** Called after a lease has ended and its keys are gone. */
  onEnd(listener: (id: bigint) => void): void {
    this.#onEnd.push(listener);
  }

  #extend(lease: HeldLease): void {
    lease.timer.cancel();
    const ms = Number(lease.ttl) * 1000;
    lease.deadline = this.#clock.now() + ms;
    lease.timer = this.#clock.schedule(ms, () => this.revoke(lease.id));
  }

  #newId(): bigint {
    for (;;) {
      const id = this.#ids.positiveInt64();
      if (!this.#leases.has(id)) return id;
    }
  }
}
