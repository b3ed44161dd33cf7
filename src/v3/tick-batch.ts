import type { CallOptions, Connection } from "../transport/connection.ts";
import { checkTimeout, raceAbort } from "../transport/deadline.ts";
import { malformedResponse } from "../transport/errors/etcd-error.ts";

/** A question that waits for its answer. */
export interface BatchQuestion<Q, A> {
  readonly question: Q;
  /** Answered, refused or given up. */
  readonly done: boolean;
  resolve(answer: A): void;
  reject(reason: unknown): void;
}

export interface TickBatchConfig<Q, A> {
  readonly connection: Connection;
  /** Questions of one batch at most. */
  readonly size: () => number;
  /** Answers the questions of a batch. The signal aborts when nobody waits for them any more. */
  readonly run: (batch: readonly BatchQuestion<Q, A>[], signal: AbortSignal) => Promise<void>;
}

/**
 * Puts what is asked in one tick together. Each question has its own signal and time, by default the client's; the
 * batch lives as long as the most patient of them, and ends when all have left. One that the batch leaves without an
 * answer is refused.
 */
export function createTickBatch<Q, A>(
  config: TickBatchConfig<Q, A>,
): (question: Q, options: CallOptions) => Promise<A> {
  const { connection, size, run } = config;
  type Waiting = BatchQuestion<Q, A> & { readonly options: CallOptions; readonly answer: Promise<A> };
  let waiting: Waiting[] = [];

  function flush(): void {
    const all = waiting;
    waiting = [];
    const most = size();
    for (let i = 0; i < all.length; i += most) void together(all.slice(i, i + most));
  }

  async function together(batch: readonly Waiting[]): Promise<void> {
    try {
      const timeOf = ({ options }: Waiting): number => options.timeoutMs ?? connection.timeoutMs;
      const longest = Math.max(...batch.map(timeOf));
      const [first] = batch;
      const whole = connection.begin(batch.length === 1 ? first?.options.signal : undefined, longest);
      let wanted = batch.length;
      for (const each of batch.length === 1 ? [] : batch) {
        const { signal } = each.options;
        const own = connection.begin(signal, timeOf(each) < longest ? timeOf(each) : undefined);
        const leave = (): void => {
          own.end();
          if (--wanted === 0) whole.abort(signal?.reason);
        };
        raceAbort(each.answer, own.signal).catch(each.reject).finally(leave);
      }
      await run(batch, whole.signal).finally(whole.end);
      const missing = malformedResponse("the answer does not fit the request");
      for (const each of batch) if (!each.done) each.reject(missing);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return async (question, options) => {
    if (options.timeoutMs !== undefined) checkTimeout(options.timeoutMs);
    if (options.signal?.aborted) throw options.signal.reason;
    const asked = waitingFor(question, options);
    if (waiting.push(asked) === 1) queueMicrotask(flush);
    return asked.answer;
  };

  function waitingFor(question: Q, options: CallOptions): Waiting {
    let settle: Pick<Waiting, "resolve" | "reject"> | undefined;
    let done = false;
    const answer = new Promise<A>((resolve, reject) => {
      settle = { resolve, reject };
    });
    return {
      question,
      options,
      answer,
      get done() {
        return done;
      },
      resolve(found) {
        done = true;
        settle?.resolve(found);
      },
      reject(reason) {
        done = true;
        settle?.reject(reason);
      },
    };
  }
}
