/** The paths of all methods of an object, and of the objects in it. */
export function namesIn(object: object, prefix = ""): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(object)).flatMap(([name, { value }]) => {
    if (typeof value === "function") return [prefix + name];
    return typeof value === "object" && value !== null ? namesIn(value as object, `${prefix}${name}.`) : [];
  });
}

/** Those without a row. */
export function without(
  names: readonly string[],
  rows: readonly { readonly name: string }[],
  excepted: readonly string[],
): string[] {
  const known = new Set([...rows.map(({ name }) => name.replace(/#.*/, "")), ...excepted]);
  return names.filter((name) => !known.has(name));
}
