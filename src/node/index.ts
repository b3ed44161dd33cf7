/** `fetcd/node`: what only Node can do. */
export { createNodeFetch, type NodeFetch, type NodeFetchOptions } from "./node-fetch.ts";
export type { Pem } from "./pem.ts";
export { type FetchHandler, serve, type ServedHandler, type ServeOptions, type ServeTls } from "./serve.ts";
