/** `fetcd/proxy`: a fetch handler that lets others at a part of etcd, by your own authorization. */
export { createProxy } from "./create-proxy.ts";
export type { EtcdProxy } from "./http-front.ts";
export type { Access, Rule, Touched } from "./caller-rights.ts";
export type { ProxyLimits } from "./limits.ts";
export type { Decision, ProxyOptions } from "./proxy-options.ts";
