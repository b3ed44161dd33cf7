import { createMemoryEtcd } from "../../src/memory/memory-etcd.ts";
import type { Fetch } from "../../src/transport/http/http.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { createEtcd, type Etcd } from "../../src/v3/client.ts";
import type { World } from "./run-case.ts";

export function v3World(fetch: Fetch, url: string): World<Etcd> {
  return {
    fetch,
    url,
    connect: (broken) => createEtcd({ fetch: broken, endpoints: url }),
    close: (etcd) => etcd.close(),
    outcomeOf: (error) => (EtcdError.is(error) ? error.outcome : undefined),
  };
}

/** A server of its own for each case. */
export function memoryWorld(): World<Etcd> {
  return v3World(createMemoryEtcd().fetch, "http://127.0.0.1:2379");
}
