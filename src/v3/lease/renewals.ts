import { Lease } from "../../transport/codec/services.ts";
import type { LeaseKeepAliveResponse } from "../../gen/etcdserverpb/lease_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { malformedResponse } from "../../transport/errors/etcd-error.ts";
import { openStream } from "../open-stream.ts";
import { type BatchQuestion, createTickBatch } from "../tick-batch.ts";

/** Renewals that one request carries at most: an old server takes half a second for as many. */
const maxMessages = 1000;

export interface Renewals {
  /** Renews a lease together with all others that are asked for in the same tick: one request, answered in order. */
  renew(ID: bigint, options: CallOptions): Promise<LeaseKeepAliveResponse>;
}

type Renewal = BatchQuestion<bigint, LeaseKeepAliveResponse>;

export function createRenewals(connection: Connection): Renewals {
  /** gRPC-Web carries one message a request. It says so by answering no more than that. */
  let oneAtATime = false;
  const ask = createTickBatch({ connection, size: () => (oneAtATime ? 1 : maxMessages), run });

  function run(batch: readonly Renewal[], whole: AbortSignal): Promise<void> {
    const settings = { signal: whole, timeoutMs: Infinity, idempotency: "keyed" } as const;
    return connection.bounded("LeaseKeepAlive", settings, (signal) => send(batch, signal));
  }

  /**
   * Sends those that are not done. Servers that speak HTTP/1.1 may stop reading a request once they have begun to answer:
   * what goes without an answer for that is sent again at once.
   */
  async function send(batch: readonly Renewal[], signal: AbortSignal): Promise<void> {
    for (;;) {
      const open = batch.filter(({ done }) => !done);
      if (open.length === 0) return;
      const answered = await sendOnce(open, signal);
      if (answered === 0) throw malformedResponse("the renewal of a lease was not answered");
      if (answered > 1 || open.length === 1 || connection.endpoints.length > 0) continue;
      oneAtATime = true;
      const alone = open.slice(1).map((each) => run([each], signal).catch(each.reject));
      await Promise.all(alone);
    }
  }

  /** Resolves with how many were answered: the first ones. */
  async function sendOnce(open: readonly Renewal[], signal: AbortSignal): Promise<number> {
    const messages = open.map(({ question: ID }) => ({ ID }));
    const { first, rest } = await openStream(connection, Lease.method.leaseKeepAlive, messages, signal);
    let answer = first;
    try {
      for (const [i, { question: ID, resolve }] of open.entries()) {
        if (answer === undefined) return i;
        checkAnswer(answer, ID);
        resolve(answer);
        if (i + 1 === open.length) break;
        const next = await rest.next();
        answer = next.done === true ? undefined : next.value;
      }
      return open.length;
    } finally {
      await rest.return?.();
    }
  }

  return { renew: ask };
}

/** An answer about another lease is the answer to another request. */
export function checkAnswer(answer: { readonly ID: bigint }, ID: bigint): void {
  if (answer.ID !== ID) throw malformedResponse(`the answer is for lease ${answer.ID}, the request was for ${ID}`);
}
