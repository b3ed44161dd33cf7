import { createMemoryEtcd } from "../../src/memory/memory-etcd.ts";
import type { Fetch } from "../../src/transport/http/http.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { createEtcd, type Etcd } from "../../src/v3/client.ts";
import type { Subject } from "./run-broken-request.ts";

export function v3Subject(fetch: Fetch, url: string): Subject<Etcd> {
  return {
    fetch,
    url,
    connect: (broken) => createEtcd({ fetch: broken, endpoints: url }),
    close: (etcd) => etcd.close(),
    outcomeOf: (error) => (EtcdError.is(error) ? error.outcome : undefined),
  };
}

/** A server of its own for each case. */
export function memorySubject(): Subject<Etcd> {
  return v3Subject(createMemoryEtcd().fetch, "http://127.0.0.1:2379");
}
