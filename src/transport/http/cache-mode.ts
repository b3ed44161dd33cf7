/**
 * Frameworks cache what their `fetch` sends, POSTs included, and answer the same request with what was true once. Where
 * the platform does not know the option it may throw, as Workers do before their compatibility date for it.
 */
export function knowsCacheMode(): boolean {
  return typeof globalThis.Request === "function" && "cache" in globalThis.Request.prototype;
}
