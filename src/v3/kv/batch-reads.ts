import { KV } from "../../transport/codec/services.ts";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { amend, EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Reason } from "../../transport/errors/reasons.ts";

/** etcd's default limit for the operations of one transaction. */
const maxOps = 128;

/** Refusals that concern one of the keys, or the batch as such: on its own each read gets its own verdict. */
const unbatchable: ReadonlySet<Reason> = new Set<Reason>(["PermissionDenied", "TooManyOps"]);

export interface BatchReads {
  /** Reads one key together with all others that are asked for in the same tick, at one revision for all of a batch. */
  get(key: Uint8Array, options: CallOptions): Promise<KeyValue | undefined>;
}

interface Waiting {
  readonly key: Uint8Array;
  readonly options: CallOptions;
  resolve(found: KeyValue | undefined): void;
  reject(reason: unknown): void;
}

export function createBatchReads(connection: Connection): BatchReads {
  let waiting: Waiting[] = [];

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let i = 0; i < all.length; i += maxOps) void read(all.slice(i, i + maxOps));
  }

  async function read(batch: readonly Waiting[]): Promise<void> {
    const [only] = batch;
    if (only !== undefined && batch.length === 1) return readAlone(only);
    try {
      const success = batch.map(({ key }) => ({ request: { case: "requestRange" as const, value: { key } } }));
      // Each reader has its own time-out and signal; the request itself lives as long as the most patient of them.
      const timeoutMs = batch.every(({ options }) => options.timeoutMs !== undefined)
        ? Math.max(...batch.map(({ options }) => options.timeoutMs ?? 0))
        : undefined;
      const { responses } = await connection.unary(KV.method.txn, { success }, { timeoutMs });
      for (const [i, { response }] of responses.entries()) {
        batch[i]?.resolve(response.case === "responseRange" ? response.value.kvs[0] : undefined);
      }
    } catch (error) {
      if (EtcdError.is(error) && unbatchable.has(error.reason)) {
        await Promise.all(batch.map(readAlone));
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  }

  async function readAlone({ key, options, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve((await connection.unary(KV.method.range, { key }, options)).kvs[0]);
    } catch (error) {
      reject(error);
    }
  }

  return {
    async get(key, options) {
      const { signal, timeoutMs } = options;
      // Refuses what is no time, or comes too late, before it joins the others.
      const deadline =
        signal === undefined && timeoutMs === undefined ? undefined : connection.begin(signal, timeoutMs);
      const answer = new Promise<KeyValue | undefined>((resolve, reject) => {
        if (waiting.push({ key, options, resolve, reject }) === 1) queueMicrotask(flush);
      });
      if (deadline === undefined) return answer;
      try {
        return await raceAbort(answer, deadline.signal);
      } catch (error) {
        if (signal?.aborted && error === signal.reason) throw error;
        throw EtcdError.is(error) ? amend(error, { outcome: "not-applied" }) : error;
      } finally {
        deadline.end();
      }
    },
  };
}
