import type { SessionMember } from "../page-session.ts";

/** What of etcd's metrics tells why a cluster is slow. */
export interface Metrics {
  /** Writes of the log to the disk, and the seconds that they took. */
  readonly fsyncs: number;
  readonly fsyncSeconds: number;
  /** Writes that wait for a majority. */
  readonly pending: number;
}

/** The metrics of one member, or `undefined` where it shows none to this page. */
export async function readMetrics(place: SessionMember, signal: AbortSignal): Promise<Metrics | undefined> {
  try {
    const text = await place.metrics?.(AbortSignal.any([signal, AbortSignal.timeout(2_000)]));
    return text === undefined ? undefined : metricsOf(text);
  } catch {
    return undefined;
  }
}

/** Reads the text format of Prometheus, as far as it is needed here. */
export function metricsOf(text: string): Metrics | undefined {
  const numberOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  const fsyncs = numberOf("etcd_disk_wal_fsync_duration_seconds_count");
  const fsyncSeconds = numberOf("etcd_disk_wal_fsync_duration_seconds_sum");
  const pending = numberOf("etcd_server_proposals_pending");
  return [fsyncs, fsyncSeconds, pending].some(Number.isNaN) ? undefined : { fsyncs, fsyncSeconds, pending };
}

/** Milliseconds that a write of the log took on average between two readings; `undefined` where there was none. */
export function fsyncMs(before: Metrics | undefined, now: Metrics | undefined): number | undefined {
  if (before === undefined || now === undefined || now.fsyncs <= before.fsyncs) return undefined;
  return ((now.fsyncSeconds - before.fsyncSeconds) / (now.fsyncs - before.fsyncs)) * 1_000;
}
