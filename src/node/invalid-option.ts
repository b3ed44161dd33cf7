/** An option that cannot be used. `EtcdError.is` holds, without the client's code being loaded for it. */
export function invalidOption(message: string, cause?: unknown): Error {
  return Object.defineProperties(new TypeError(message, cause === undefined ? undefined : { cause }), {
    [Symbol.for("fetcd.EtcdError")]: { value: true },
    reason: { value: "InvalidArgument", enumerable: true },
    outcome: { value: "not-applied", enumerable: true },
  });
}
