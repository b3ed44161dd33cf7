import { expect, it } from "vitest";
import { doubleBarrier, type Etcd, EtcdError, mutex, rwLock, semaphore } from "../../src/index.ts";
import { createVirtualEtcd } from "./virtual-etcd.ts";

// On a real clock a busy machine may delete the key too late for that: there `givesUp` of the suites takes "unknown" too.
const waits: Readonly<Record<string, (etcd: Etcd, timeoutMs?: number) => Promise<unknown>>> = {
  mutex: (etcd, timeoutMs) => mutex(etcd, "a").acquire({ timeoutMs }),
  semaphore: (etcd, timeoutMs) => semaphore(etcd, "a", { permits: 1 }).acquire({ timeoutMs }),
  "a reader behind a writer": (etcd, timeoutMs) =>
    rwLock(etcd, "a")[timeoutMs === undefined ? "write" : "read"].acquire({ timeoutMs }),
  "a writer": (etcd, timeoutMs) => rwLock(etcd, "a").write.acquire({ timeoutMs }),
  // Nobody else comes.
  doubleBarrier: async (etcd, timeoutMs) => timeoutMs && doubleBarrier(etcd, "a", { count: 2 }).enter({ timeoutMs }),
};

it.each(Object.entries(waits))(
  "%s that gives up says that nothing was applied, since it leaves nothing behind",
  async (_, wait) => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    await virtual.during(wait(etcd));
    const [keys, leases] = [await virtual.during(etcd.keys({ prefix: "a/" })), await virtual.during(etcd.lease.list())];
    const error: unknown = await virtual.during(wait(etcd, 80).catch((thrown: unknown) => thrown));
    expect(EtcdError.is(error) && [error.reason.replace("Lock", ""), error.outcome]).toEqual([
      "Timeout",
      "not-applied",
    ]);
    expect(await virtual.during(etcd.keys({ prefix: "a/" }))).toEqual(keys);
    expect(await virtual.during(etcd.lease.list())).toEqual(leases);
  },
);
