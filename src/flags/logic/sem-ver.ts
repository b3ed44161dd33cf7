/** What a version compares by: its numbers as text, which may be longer than a number holds. */
interface Version {
  readonly core: readonly string[];
  readonly prerelease: readonly string[];
}

const number = "(?:0|[1-9]\\d*)";
const label = `(?:${number}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const prerelease = `(?:-(${label}(?:\\.${label})*))?`;
const build = "(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?";
const format = new RegExp(`^(${number})(?:\\.(${number})(?:\\.(${number})${prerelease}${build})?)?$`);

/**
 * flagd's `sem_ver`: whether `a` is to `b` as the operator says. `^` and `~`: of the same major version, or of the same
 * minor one. `null` for a text that is not a version, or not an operator.
 */
export function compareVersions(a: unknown, operator: unknown, b: unknown): boolean | null {
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return null;
  const order = compare(left, right);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "^":
      return left.core[0] === right.core[0];
    case "~":
      return left.core[0] === right.core[0] && left.core[1] === right.core[1];
    default:
      return null;
  }
}

/** A strict semantic version, but for a leading `v` and for what is left out of `1` and `1.2`. */
function parse(value: unknown): Version | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const [, major = "", minor = "0", patch = "0", labels] = format.exec(String(value).replace(/^v/i, "")) ?? [];
  if (major === "") return undefined;
  return { core: [major, minor, patch], prerelease: labels?.split(".") ?? [] };
}

function compare(a: Version, b: Version): number {
  const order = compareAll(a.core, b.core);
  if (order !== 0) return order;
  // A release comes after its prereleases.
  const [first, second] = [a.prerelease.length > 0, b.prerelease.length > 0];
  return first === second ? compareAll(a.prerelease, b.prerelease) : first ? -1 : 1;
}

function compareAll(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i];
    if (right === undefined) return 1;
    const order = comparePart(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers by their size, before words; words by their characters. */
function comparePart(a: string, b: string): number {
  const [first, second] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (first !== second) return first ? -1 : 1;
  if (first && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
