const units = ["byte", "KiB", "MiB", "GiB"] as const;

/** Formats bytes for people: `12 bytes`, `20.5 KiB`. */
export function size(bytes: number | bigint): string {
  let [rest, unit] = [Number(bytes), 0];
  for (; rest >= 1024 && unit < units.length - 1; unit++) rest /= 1024;
  return `${unit === 0 ? rest : rest.toFixed(1)} ${units[unit]}${unit === 0 && rest !== 1 ? "s" : ""}`;
}

const spans = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** Formats seconds for people, in at most two units: `45 s`, `3 min 20 s`, `2 h`, `5 d 1 h`. */
export function duration(seconds: number): string {
  const said: string[] = [];
  let left = seconds;
  for (const [unit, length] of spans) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) said.push(`${count} ${unit}`);
    else if (said.length > 0) break;
  }
  return said.slice(0, 2).join(" ") || "0 s";
}

/** `1 key`, `2 keys`. */
export function keyCount(count: number | bigint): string {
  return `${count} ${Number(count) === 1 ? "key" : "keys"}`;
}
