import { Lease } from "../../transport/codec/services.ts";
import type { LeaseKeepAliveResponse } from "../../gen/etcdserverpb/lease_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { checkTimeout, raceAbort } from "../../transport/deadline.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { openStream } from "../open-stream.ts";

/** Renewals that one request carries at most: an old server takes half a second for as many. */
const maxMessages = 1000;

export interface Renewals {
  /** Renews a lease together with all others that are asked for in the same tick: one request, answered in order. */
  renew(ID: bigint, options: CallOptions): Promise<LeaseKeepAliveResponse>;
}

interface Waiting {
  readonly ID: bigint;
  readonly options: CallOptions;
  readonly answer: Promise<LeaseKeepAliveResponse>;
  /** Answered, refused or given up. */
  done: boolean;
  resolve(answer: LeaseKeepAliveResponse): void;
  reject(reason: unknown): void;
}

export function createRenewals(connection: Connection): Renewals {
  let waiting: Waiting[] = [];
  /** gRPC-Web carries one message a request. It says so by answering no more than that. */
  let oneAtATime = false;

  function flush(): void {
    const all = waiting;
    waiting = [];
    const size = oneAtATime ? 1 : maxMessages;
    for (let i = 0; i < all.length; i += size) void together(all.slice(i, i + size));
  }

  async function together(batch: readonly Waiting[]): Promise<void> {
    const [only] = batch;
    if (only !== undefined && batch.length === 1) return run(batch, only.options);
    if (connection.closed) return run(batch, {});
    // Each caller has its own time-out and signal; the request itself lives as long as the most patient of them.
    const timeOf = ({ options }: Waiting): number => options.timeoutMs ?? connection.timeoutMs;
    const timeoutMs = Math.max(...batch.map(timeOf));
    const unwanted = new AbortController();
    const requests = run(batch, { timeoutMs, signal: unwanted.signal });
    let wanted = batch.length;
    for (const each of batch) {
      const { signal } = each.options;
      const deadline = connection.begin(signal, timeOf(each) < timeoutMs ? timeOf(each) : undefined);
      const leave = (): void => {
        deadline.end();
        if (--wanted === 0) unwanted.abort();
      };
      raceAbort(each.answer, deadline.signal).catch(each.reject).finally(leave);
    }
    return requests;
  }

  async function run(batch: readonly Waiting[], options: CallOptions): Promise<void> {
    try {
      await connection.bounded("LeaseKeepAlive", { ...options, repeat: "any" }, (signal) => send(batch, signal));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /**
   * Sends those that are not done. Servers that speak HTTP/1.1 may stop reading a request once they have begun to answer:
   * what goes without an answer for that is sent again at once.
   */
  async function send(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    for (;;) {
      const open = batch.filter(({ done }) => !done);
      if (open.length === 0) return;
      const answered = await sendOnce(open, signal);
      if (answered === 0) throw malformed("the renewal of a lease was not answered");
      if (answered > 1 || open.length === 1 || connection.endpoints.length > 0) continue;
      oneAtATime = true;
      await Promise.all(open.slice(1).map((each) => run([each], each.options)));
    }
  }

  /** Resolves with how many were answered: the first ones. */
  async function sendOnce(open: readonly Waiting[], signal: AbortSignal): Promise<number> {
    const messages = open.map(({ ID }) => ({ ID }));
    const { first, rest } = await openStream(connection, Lease.method.leaseKeepAlive, messages, signal);
    let answer = first;
    try {
      for (const [i, { ID, resolve }] of open.entries()) {
        if (answer === undefined) return i;
        connection.guard.check(answer.header);
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

  return {
    async renew(ID, options) {
      if (options.timeoutMs !== undefined) checkTimeout(options.timeoutMs);
      const asked = waitingFor(ID, options);
      if (waiting.push(asked) === 1) queueMicrotask(flush);
      return asked.answer;
    },
  };
}

function waitingFor(ID: bigint, options: CallOptions): Waiting {
  let settle: Pick<Waiting, "resolve" | "reject"> | undefined;
  const answer = new Promise<LeaseKeepAliveResponse>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const asked: Waiting = {
    ID,
    options,
    answer,
    done: false,
    resolve(found) {
      asked.done = true;
      settle?.resolve(found);
    },
    reject(reason) {
      asked.done = true;
      settle?.reject(reason);
    },
  };
  return asked;
}

/** An answer about another lease is the answer to another request. */
export function checkAnswer(answer: { readonly ID: bigint }, ID: bigint): void {
  if (answer.ID !== ID) throw malformed(`the answer is about lease ${answer.ID}, the question was about ${ID}`);
}

function malformed(what: string): EtcdError {
  return new EtcdError(what, "MalformedResponse", { outcome: "unknown" });
}
