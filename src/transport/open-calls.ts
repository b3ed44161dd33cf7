import { checkTimeout, type Deadline, ourReason, startDeadline } from "./deadline.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import { createAborter } from "./on-abort.ts";
import { createWeakList, type OpenList } from "./weak-list.ts";

/** The calls and streams of a connection that are under way, to be ended with it. */
export interface OpenCalls {
  /** Opens one. Throws `Closed` after `close`. */
  begin(signal: AbortSignal | undefined, timeoutMs?: number): Deadline;
  readonly closed: boolean;
  close(): void;
}

interface OpenCallsConfig {
  /** `false`: a call may be left behind unsettled, and must not be kept alive here. */
  readonly shareRequests: boolean;
  /** Told of each call as it begins. */
  readonly onCall: (() => void) | undefined;
}

export function createOpenCalls({ shareRequests, onCall }: OpenCallsConfig): OpenCalls {
  const open: OpenList<Deadline> = shareRequests ? new Set() : createWeakList();
  let closed = false;
  return {
    begin(signal, timeoutMs = Infinity) {
      if (closed) throw closedError("not-applied");
      const deadline = startDeadline(checkTimeout(timeoutMs), signal, () => open.delete(deadline), createAborter());
      open.add(deadline);
      onCall?.();
      return deadline;
    },
    get closed() {
      return closed;
    },
    close() {
      closed = true;
      for (const deadline of open) deadline.abort(closedError("unknown"));
    },
  };
}

/** `unknown`: it may have been sent. */
export function closedError(outcome: "not-applied" | "unknown"): EtcdError {
  return ourReason(new EtcdError("the client is closed", "Closed", { outcome }));
}
