import type { CallOptions } from "../../transport/connection.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Compare } from "../../v3/kv/compare.ts";
import type { Op } from "../../v3/kv/op.ts";

/** Takes the steps, exactly once, if all conditions hold. Resolves with whether they did; what the steps answer is lost. */
export async function commit(
  etcd: Etcd,
  conditions: readonly Compare[],
  steps: readonly Op[],
  options: CallOptions,
): Promise<boolean> {
  try {
    const { succeeded } = await etcd.txn({ if: conditions, then: steps }, { ...options, exactlyOnce: true });
    return succeeded;
  } catch (error) {
    // There is no `else`, so these are the answers of steps that were taken.
    if (EtcdError.is(error) && error.reason === "AnswerLost" && error.outcome === "applied") return true;
    throw error;
  }
}
