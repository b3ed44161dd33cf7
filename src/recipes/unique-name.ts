/**
 * What Go's `recipes` put at the end of keys that have to differ: nanoseconds since 1970. No clock here is that fine, so
 * the last six digits are random; the transaction that puts such a key checks that it is new.
 */
export function uniqueName(): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `${Date.now()}${String(random % 1_000_000).padStart(6, "0")}`;
}
