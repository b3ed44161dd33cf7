// What a value of the web platform is, in every realm: under jsdom, in an iframe, a `vm` context or Electron there are two
// of each class, so that `instanceof` says no to a `Uint8Array` that is one. Nothing else in src may ask by `instanceof`.

/** An object or a list, and no function. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** An object that is not a list, by the names of its fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value);
}

/** Anything but `null`, `undefined` and primitives. */
function hasProperties(value: unknown): value is object {
  return isObject(value) || typeof value === "function";
}

function hasMethods(value: unknown, ...names: readonly string[]): value is object {
  return hasProperties(value) && names.every((name) => typeof Reflect.get(value, name) === "function");
}

/** A `Uint8Array`, a `Buffer` included. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Reflect.get(value, Symbol.toStringTag) === "Uint8Array";
}

/** Also what a polyfill makes, which may have no `reason` and no `throwIfAborted`. */
export function isSignal(value: unknown): value is AbortSignal {
  return (
    hasMethods(value, "addEventListener", "removeEventListener") && typeof Reflect.get(value, "aborted") === "boolean"
  );
}

/** Whatever was made to be thrown, a `DOMException` included. */
export function isError(value: unknown): value is Error {
  if (!hasProperties(value)) return false;
  const kind = Object.prototype.toString.call(value);
  return kind === "[object Error]" || kind === "[object DOMException]" || inheritsFromError(value);
}

/** A subclass with a `Symbol.toStringTag` of its own. */
function inheritsFromError(value: object): boolean {
  return typeof Reflect.get(value, "stack") === "string" && typeof Reflect.get(value, "message") === "string";
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return hasMethods(value, "then");
}

export function isHeaders(value: unknown): value is Headers {
  return !Array.isArray(value) && hasMethods(value, "get", "append", "forEach");
}

export function isRequest(value: unknown): value is Request {
  return hasMethods(value, "arrayBuffer", "clone") && typeof Reflect.get(value, "method") === "string";
}

export function isStream(value: unknown): value is ReadableStream {
  return hasMethods(value, "getReader", "cancel");
}
