/** What `fetch` rejects with when nobody listens at the address: as Node words it. Other engines say less. */
export function refused(): TypeError {
  return networkError("connect ECONNREFUSED", "ECONNREFUSED");
}

/** What `fetch`, or reading a body, rejects with when the connection breaks: the request may have arrived. */
export function reset(): TypeError {
  return networkError("read ECONNRESET", "ECONNRESET");
}

function networkError(message: string, code: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });
}
