import { code, RpcError } from "./rpc-error.ts";

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Milliseconds in a `grpc-timeout` header such as "5S" or "800m"; `undefined` for none. Throws `RpcError` for one that
 * means nothing, or that has passed.
 */
export function deadlineOf(header: string | null): number | undefined {
  if (header === null || header === "") return undefined;
  const [, digits = "", unit = ""] = /^([+-]?\d+)([HMSmun])$/.exec(header) ?? [];
  const ms = units[unit];
  if (ms === undefined) throw new RpcError(code.invalidArgument, `invalid grpc-timeout: ${header}`);
  if (Number(digits) <= 0) throw deadlineExceeded();
  return Number(digits) * ms;
}

export function deadlineExceeded(): RpcError {
  return new RpcError(code.deadlineExceeded, "context deadline exceeded");
}
