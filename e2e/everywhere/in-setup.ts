// What a program does that uses `await using` where the engine is older than that: before it loads the client.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (Symbol[name] !== undefined) continue;
  Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}

// Vitest gives its edge runtime the names of what pages have, each undefined; the real one has no such names.
if ("document" in globalThis && Reflect.get(globalThis, "document") === undefined) {
  Reflect.deleteProperty(globalThis, "document");
}
