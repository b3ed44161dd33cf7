/** What an error text shows of a value: numbers as they are, of all else the type, since it may be large or a secret. */
export function describe(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value === "") return "an empty string";
  return typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
}
