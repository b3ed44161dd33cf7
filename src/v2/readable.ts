/**
 * Adds methods to a plain object as non-enumerable properties, so that it is still compared, copied and listed by its data,
 * and a short form for consoles and logs. In JSON, which has no bigint, indexes are strings.
 */
export function readable<T extends object, M extends keyof T = never>(
  data: Omit<T, M>,
  methods: Pick<T, M>,
  text: () => string,
): T {
  const all = {
    ...methods,
    toString: text,
    toJSON: () => plain(data),
    [Symbol.for("nodejs.util.inspect.custom")]: text,
  };
  for (const name of Reflect.ownKeys(all)) Object.defineProperty(data, name, { value: Reflect.get(all, name) });
  return data as T;
}

/** The own properties, with text for bigint. */
export function plain(data: object): Record<string, unknown> {
  const entries = Object.entries(data);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]));
}
