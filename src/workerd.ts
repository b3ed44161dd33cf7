/// <reference lib="esnext.disposable" preserve="true" />
/** `fetcd` for programs that resolve it by the `workerd` condition: the same names, and `shareRequests` is `false`. */
export * from "./index.ts";
export { createEtcd } from "./v3/isolated-client.ts";
