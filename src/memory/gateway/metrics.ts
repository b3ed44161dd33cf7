import type { Server } from "../server.ts";

/** The few of etcd's metrics that tests look at, as Prometheus reads them. */
export function metrics({ hub, store, alarms, settings }: Server): string {
  const { version } = settings.release;
  return [
    metric("etcd_server_has_leader", "Whether or not a leader exists. 1 is existence, 0 is not.", 1),
    metric("etcd_server_is_leader", "Whether or not this member is a leader. 1 if is, 0 otherwise.", 1),
    metric("etcd_server_version", "Which version is running.", 1, `{server_version="${version}"}`),
    metric("etcd_debugging_mvcc_watcher_total", "Total number of watchers.", hub.size),
    metric("etcd_debugging_mvcc_keys_total", "Total number of keys.", store.size),
    metric("etcd_debugging_mvcc_current_revision", "The current revision of store.", store.revision),
    metric("etcd_mvcc_db_total_size_in_bytes", "Bytes of the database.", alarms.bytes),
    metric("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of the database in use.", alarms.bytesInUse),
    metric("etcd_server_quota_backend_bytes", "Bytes that the database may have.", settings.quotaBytes),
  ].join("");
}

function metric(name: string, help: string, value: number | bigint, labels = ""): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}${labels} ${value}\n`;
}
