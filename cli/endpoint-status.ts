import type { Etcd, Status } from "fetcd";

/** The status that an endpoint reports, or why it does not. */
export interface EndpointStatus {
  readonly endpoint: string;
  readonly status?: Status;
  readonly error?: Error;
  /** How long the answer took, in milliseconds. */
  readonly ms: number;
}

/** Asks every endpoint at once. Rejects only when `signal` aborts. */
export function statusOfAll(etcd: Etcd, signal: AbortSignal): Promise<EndpointStatus[]> {
  return Promise.all(
    etcd.endpoints.map(async (endpoint) => {
      const began = performance.now();
      const took = (): number => Math.round(performance.now() - began);
      try {
        return { endpoint, status: await etcd.maintenance.status(endpoint, { signal }), ms: took() };
      } catch (error) {
        signal.throwIfAborted();
        return { endpoint, error: error instanceof Error ? error : new Error(String(error)), ms: took() };
      }
    }),
  );
}
