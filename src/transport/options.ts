/**
 * The options as an object of their own properties only: what somebody put on `Object.prototype` is not among them.
 * Refuses names that do not exist, since a misspelt option would be ignored in silence: throws a `TypeError` that names
 * it and the nearest one there is.
 */
export function checkOptions<T extends object>(where: string, options: T | undefined, allowed: readonly string[]): T {
  const own = Object.create(null) as T;
  if (options === undefined) return own;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${where}: expected an options object, got ${options === null ? "null" : typeof options}`);
  }
  for (const name of Object.keys(options)) {
    if (allowed.includes(name)) continue;
    const [nearest] = [...allowed].sort((a, b) => distance(name, a) - distance(name, b));
    const hint = nearest === undefined ? "it takes none" : `did you mean "${nearest}"?`;
    throw new TypeError(`${where}: unknown option "${name}"; ${hint}`);
  }
  return Object.assign(own, options);
}

/** Options as `checkOptions` gives them, with some of them set. */
export function withOptions<T extends object>(options: T, set: Partial<T>): T {
  return Object.assign(Object.create(null) as T, options, set);
}

/** Levenshtein distance, ignoring case. */
function distance(a: string, b: string): number {
  const to = b.toLowerCase();
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a.toLowerCase()].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const substitution = (row[j] ?? 0) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(substitution, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
