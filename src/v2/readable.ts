/**
 * Adds methods to a plain object out of sight, so that it is compared, copied and listed by its data, and a text that
 * consoles and logs show.
 */
export function readable<T extends object, M extends keyof T = never>(
  data: Omit<T, M>,
  methods: Pick<T, M>,
  text: () => string,
): T {
  const all = { ...methods, toString: text, [Symbol.for("nodejs.util.inspect.custom")]: text };
  for (const name of Reflect.ownKeys(all)) Object.defineProperty(data, name, { value: Reflect.get(all, name) });
  return data as T;
}
