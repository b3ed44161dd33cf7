import type { Connection } from "../../transport/connection.ts";
import { isForeign, outlasts } from "../../transport/errors/foreign.ts";
import { endsRow, mayGoOn, waitAfter } from "./watch-failure.ts";

/** When streams are opened again that have failed, for all watches of a hub. */
export interface Reopening {
  /** Whether nothing may be opened just now. */
  readonly waits: boolean;
  /** Whether to open a stream again after `error`, which ended one to that endpoint. */
  mayGoOn(error: unknown, endpoint: string): boolean;
  /**
   * Has the next stream opened at once, or after a while. `confirmedMs`: how long the one that failed had worked.
   * `pauseMs`: what the server asked for.
   */
  failed(confirmedMs: number, pauseMs: number): void;
  confirmed(): void;
  cancelWait(): void;
  /** Forgets past failures. */
  reset(): void;
}

export function createReopening(connection: Connection, open: () => void): Reopening {
  /** Failures in a row. */
  let failures = 0;
  /** Endpoints that turned out to be no etcd, since a stream was last confirmed. */
  const foreign = new Set<string>();
  let wasEtcd = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function cancelWait(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    get waits() {
      return timer !== undefined;
    },
    mayGoOn(error, endpoint) {
      const { endpoints } = connection;
      // An answer of an endpoint does not count once it has been replaced.
      if (endpoint !== "" && endpoints.length > 0 && !endpoints.includes(endpoint)) return true;
      if (isForeign(error)) foreign.add(endpoint);
      if (wasEtcd && outlasts(error, failures)) return true;
      return mayGoOn(error, endpoints.length > Math.max(1, foreign.size));
    },
    failed(confirmedMs, pauseMs) {
      // Streams that break together are one failure: the wait is for all of them.
      if (timer !== undefined) return;
      if (endsRow(failures, confirmedMs)) failures = 0;
      const choice = { several: connection.endpoints.length > 1, healthy: connection.health?.resting === false };
      const waitMs = waitAfter(failures++, choice) + (choice.healthy ? 0 : pauseMs);
      if (waitMs === 0) {
        open();
        return;
      }
      timer = setTimeout(() => {
        timer = undefined;
        open();
      }, waitMs);
    },
    confirmed() {
      foreign.clear();
      wasEtcd = true;
    },
    cancelWait,
    reset() {
      failures = 0;
      cancelWait();
    },
  };
}
