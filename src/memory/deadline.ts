const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds in a `grpc-timeout` header such as "5S" or "800m"; `undefined` for none, or none that means anything. */
export function deadlineOf(header: string | null): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(header ?? "") ?? [];
  const ms = units[unit];
  return ms === undefined ? undefined : Number(digits) * ms;
}
