import { createMemoryEtcd } from "../../src/memory/memory-etcd.ts";
import type { Fetch } from "../../src/transport/http/http.ts";
import { createEtcdV2, type EtcdV2, EtcdV2Error, type EtcdV2Options } from "../../src/v2/index.ts";
import type { Subject } from "./run-broken-request.ts";
import { heldV2 } from "./v2-truth.ts";

export function v2Subject(fetch: Fetch, url: string, options: EtcdV2Options = {}): Subject<EtcdV2> {
  return {
    fetch,
    url,
    // Its password is asked for where authentication is on alone.
    connect: (broken) =>
      createEtcdV2({ auth: { username: "root", password: "pw" }, ...options, fetch: broken, endpoints: url }),
    close: (etcd) => etcd.close(),
    outcomeOf: (error) => (EtcdV2Error.is(error) ? error.outcome : undefined),
    held: heldV2,
  };
}

/** A server of its own for each case. */
export function memorySubjectV2(options?: EtcdV2Options): Subject<EtcdV2> {
  return v2Subject(createMemoryEtcd().fetch, "http://127.0.0.1:2379", options);
}
