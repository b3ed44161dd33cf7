import { KV, Watch } from "../../transport/codec/services.ts";
import type { Event } from "../../gen/mvccpb/kv_pb.ts";
import type { Connection } from "../../transport/connection.ts";
import { Code } from "../../transport/errors/code.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { statedError } from "../../transport/errors/gateway-error.ts";
import { checkRevision } from "../check.ts";
import { compare } from "./compare.ts";
import { compareBytes, keyBytes, noBytes, valueBytes } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { operation, untilTheEnd } from "../operation.ts";
import { type DeleteOp, op, type PutOp } from "./op.ts";
import { appliesOnce, type PlainOutcome, type RunTxn, type WriteOptions } from "./txn.ts";
import { decodeResults, encodeTxn } from "./txn-codec.ts";

/** The write takes place only if nobody wrote the key since. */
export interface Guard {
  /** The key's mod revision as last seen. */
  readonly modRevision: bigint;
}

export type RunGuarded = (write: PutOp | DeleteOp, guard: Guard, options: WriteOptions) => Promise<PlainOutcome>;

/**
 * A compare-and-swap on the mod revision, repeated until it is answered: a second copy fails on its own guard. If a
 * copy was not answered, a failed guard may be that copy's doing. The first event on the key after the guard's revision
 * tells, and is asked for until the time is up: the value of another client means that ours was not applied and never
 * will be. Our own value means that it was, or that another client wrote the same: the outcome stays unknown then,
 * unless `exactlyOnce`.
 */
export function createRunGuarded(
  connection: Connection,
  keyspace: Keyspace,
  runTxn: RunTxn,
  exactlyOnceByDefault: boolean,
): RunGuarded {
  return async function runGuarded(write, guard, options) {
    const modRevision = checkRevision(guard.modRevision, "guard.modRevision");
    const key = keyBytes(write.type === "put" ? write.key : write.selector);
    const value = write.type === "put" ? valueBytes(write.value) : undefined;
    const branches = { if: [compare.modRevision(key, "=", modRevision)], then: [write], else: [op.get(key)] };
    if (appliesOnce(options, exactlyOnceByDefault)) return runTxn(branches, options);

    return operation(connection, options, async (shared, tracker) => {
      let unanswered = false;
      const onFailure = ({ outcome }: EtcdError): void => void (unanswered ||= outcome === "unknown");
      const settings = { ...shared, idempotency: "keyed" as const, onFailure };
      const { succeeded, responses, header } = await tracker.write(() =>
        connection.unary(KV.method.txn, encodeTxn(branches, keyspace), settings),
      );
      const revision = header?.revision ?? 0n;
      const results = decodeResults(succeeded ? branches.then : branches.else, responses, keyspace, revision);
      if (!succeeded && unanswered) {
        tracker.learn("unknown");
        const [read] = results;
        const current = read?.type === "get" ? read.entry : null;
        const untouched = current !== null && current.modRevision < modRevision;
        if (!untouched) {
          const find = (signal: AbortSignal): Promise<Event> =>
            firstEvent(connection, keyspace.key(key), modRevision + 1n, signal);
          settle(
            await tracker.help(() =>
              connection.bounded("Watch", { ...untilTheEnd(shared), idempotency: "keyed" }, find),
            ),
            value,
          );
        }
      }
      return { succeeded, revision, results };
    });
  };
}

/** Throws unless the event is certainly not the write's own. `value`: what it puts; `undefined`: it deletes. */
function settle(event: Event, value: Uint8Array | undefined): void {
  const deleted = event.type === 1;
  const own = value === undefined ? deleted : !deleted && compareBytes(event.kv?.value ?? noBytes, value) === 0;
  if (!own) return;
  throw new EtcdError(
    "the key has the value of this write, which was written by it or by another client",
    "AnswerLost",
    { outcome: "unknown" },
  );
}

/** The first change of a key at or after a revision. Waits for one if there is none. */
async function firstEvent(connection: Connection, key: Uint8Array, from: bigint, signal: AbortSignal): Promise<Event> {
  const create = { requestUnion: { case: "createRequest" as const, value: { key, startRevision: from } } };
  const { messages } = await connection.stream(Watch.method.watch, [create], { signal });
  for await (const { events, canceled, cancelReason } of messages) {
    const [first] = events;
    if (first !== undefined) return first;
    if (canceled && cancelReason === "") throw outcomeLost("the history since the guard is compacted");
    if (canceled) throw connection.clean(statedError(cancelReason, Code.Unknown));
  }
  // As where the connection breaks: to be asked again.
  throw new EtcdError("the watch for the outcome of the write ended", "Unreachable", { outcome: "unknown" });
}

function outcomeLost(why: string): EtcdError {
  return new EtcdError(`it is unknown whether the write was applied: ${why}`, "AnswerLost", { outcome: "unknown" });
}
