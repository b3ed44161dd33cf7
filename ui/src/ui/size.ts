const units = ["bytes", "KiB", "MiB", "GiB"] as const;

/** Bytes as people read them: `12 bytes`, `20.5 KiB`. */
export function size(bytes: number | bigint): string {
  let [rest, unit] = [Number(bytes), 0];
  for (; rest >= 1024 && unit < units.length - 1; unit++) rest /= 1024;
  return `${unit === 0 ? rest : rest.toFixed(1)} ${units[unit]}`;
}

/** `1 key`, `2 keys`. */
export function keyCount(count: number | bigint): string {
  return `${count} ${Number(count) === 1 ? "key" : "keys"}`;
}
