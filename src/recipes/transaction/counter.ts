import { lossyText } from "../../transport/bytes.ts";
import { notApplied, unexpected } from "../../transport/errors/etcd-error.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { transact } from "./transact.ts";

/** A whole number that many clients count on. `timeoutMs`: default no limit but that of each request. */
export interface Counter {
  /** 0 where nobody has counted yet. */
  get(options?: CallOptions): Promise<bigint>;
  /** Adds `delta`, exactly once, and resolves with the sum. It may be negative. Default 1. */
  add(delta?: bigint | number, options?: CallOptions): Promise<bigint>;
  /** Sets it, whatever it was, and resolves with what it was. */
  set(value: bigint | number, options?: CallOptions): Promise<bigint>;
}

/**
 * A counter under the key `name`, as decimal text of any length. Rejects with `RecipeMismatch` if the key holds
 * something else.
 *
 * @example
 * const visits = counter(etcd, "visits");
 * await visits.add(); // 1n
 * await visits.add(-1); // 0n
 */
export function counter(etcd: Etcd, name: string): Counter {
  checkString(name, "name");

  return {
    async get(options) {
      return numberOf(await etcd.get(name, ownOptions("counter.get", options)), name);
    },
    async add(delta = 1n, options) {
      const by = wholeNumber(delta, "delta");
      return transact(
        etcd,
        async (tx) => {
          const sum = numberOf(await tx.get(name), name) + by;
          tx.put(name, String(sum));
          return sum;
        },
        ownOptions("counter.add", options),
      );
    },
    async set(value, options) {
      const text = String(wholeNumber(value, "value"));
      return transact(
        etcd,
        async (tx) => {
          const before = numberOf(await tx.get(name), name);
          tx.put(name, text);
          return before;
        },
        ownOptions("counter.set", options),
      );
    },
  };
}

function wholeNumber(value: unknown, option: string): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw unexpected(option, "a bigint or a whole number", value);
}

const decimal = /^-?\d+$/;

function numberOf(entry: Entry | null, name: string): bigint {
  if (entry === null) return 0n;
  const text = lossyText(entry.value);
  if (decimal.test(text)) return BigInt(text);
  throw notApplied(`the value of the key ${name} is not a whole number`, "RecipeMismatch");
}
