import type { SessionMember } from "../page-session.ts";

/** The metrics of etcd that explain a slow cluster. */
export interface Metrics {
  /** How many times the log was written to the disk, and how many seconds this took in total. */
  readonly fsyncs: number;
  readonly fsyncSeconds: number;
  /** Number of proposals that wait for a majority. */
  readonly pending: number;
}

/** Reads the metrics of one member; `undefined` if this page cannot read them. */
export async function readMetrics(place: SessionMember, signal: AbortSignal): Promise<Metrics | undefined> {
  try {
    const text = await place.metrics?.(AbortSignal.any([signal, AbortSignal.timeout(2_000)]));
    return text === undefined ? undefined : metricsOf(text);
  } catch {
    return undefined;
  }
}

/** Parses the part of the Prometheus text format that is needed here. */
export function metricsOf(text: string): Metrics | undefined {
  const numberOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  const fsyncs = numberOf("etcd_disk_wal_fsync_duration_seconds_count");
  const fsyncSeconds = numberOf("etcd_disk_wal_fsync_duration_seconds_sum");
  const pending = numberOf("etcd_server_proposals_pending");
  return [fsyncs, fsyncSeconds, pending].some(Number.isNaN) ? undefined : { fsyncs, fsyncSeconds, pending };
}

/** Average milliseconds for a write of the log between two readings; `undefined` if there was no write. */
export function fsyncMs(before: Metrics | undefined, now: Metrics | undefined): number | undefined {
  if (before === undefined || now === undefined || now.fsyncs <= before.fsyncs) return undefined;
  return ((now.fsyncSeconds - before.fsyncSeconds) / (now.fsyncs - before.fsyncs)) * 1_000;
}
