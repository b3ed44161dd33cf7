import { createProxyBy } from "./create-proxy.ts";
import type { EtcdProxy } from "./http-front.ts";
import type { ProxyOptions } from "./proxy-options.ts";

/**
 * `createProxy` for programs that resolve the package by the `workerd` condition. There a request ends together with the
 * event that began it, so that no caller's request or watch serves another caller.
 */
export function createProxy(options: ProxyOptions): EtcdProxy {
  return createProxyBy(options, { shareRequests: false });
}
