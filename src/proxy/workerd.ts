/** `fetcd/proxy` for programs that resolve it by the `workerd` condition: the same names, and `shareRequests` is `false`. */
export * from "./index.ts";
export { createProxy } from "./isolated-proxy.ts";
