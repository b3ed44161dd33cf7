/** What `fetch` rejects with in Node: the cause tells by its code what broke. */
export function networkFailure(code: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}

/** The connection broke before the answer came: the request may have been executed. */
export function lostAnswer(): TypeError {
  return networkFailure("ECONNRESET");
}

/** Nobody listens: nothing was sent. */
export function refused(): TypeError {
  return networkFailure("ECONNREFUSED");
}
