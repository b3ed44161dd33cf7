import { createEtcd, EtcdError, type Held, lock } from "../../src/index.ts";
import { noteHold } from "./say.ts";

// A process that takes locks, each with a client of its own, and keeps them. Arguments: the prefix of all keys, then for
// each lock its name, its TTL and an endpoint.

const [prefix = "", ...locks] = process.argv.slice(2);
for (let i = 0; i < locks.length; i += 3) {
  const [name = "", ttl = "", endpoints = ""] = locks.slice(i, i + 3);
  const etcd = createEtcd({ endpoints, namespace: prefix });
  /** However long it takes on a machine that is busy. */
  const take = (): Promise<Held> =>
    lock(etcd, name, { ttl: Number(ttl) }).catch((error: unknown) => {
      if (EtcdError.is(error)) return take();
      throw error;
    });
  void take().then((held) => noteHold(name, held));
}
