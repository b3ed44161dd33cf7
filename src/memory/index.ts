/** `fetcd/memory`: an etcd in memory, given as a `fetch` function. */
export { createMemoryEtcd, type MemoryEtcd } from "./memory-etcd.ts";
export type { MemoryEtcdOptions } from "./memory-options.ts";
export type { Fault, FaultOptions, FaultRequest, Faults } from "./faults/faults.ts";
