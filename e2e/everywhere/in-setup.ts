// What a program does that uses `await using` where the engine is older than that: before it loads the client.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (Symbol[name] !== undefined) continue;
  Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
