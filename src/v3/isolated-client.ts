import { createClient, type Etcd } from "./client.ts";
import type { EtcdOptions } from "./client-options.ts";

/**
 * `createEtcd` for programs that resolve the package by the `workerd` condition. There a request ends together with the
 * event that began it, so that nothing else may wait for it.
 */
export function createEtcd(options: EtcdOptions = {}): Etcd {
  return createClient(options, { shareRequests: false });
}
