/** `fetcd/node`: what only Node can do. */
export { type FetchHandler, serve, type ServedHandler, type ServeOptions } from "./serve.ts";
