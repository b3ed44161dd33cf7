import type { Certificates } from "./certificates.ts";
import type { EtcdVersion } from "./install-etcd.ts";

export interface EtcdOptions {
  readonly version: EtcdVersion;
  /** 1 by default. */
  readonly members?: 1 | 3;
  /** TLS on the client ports; "mutual" asks for client certificates. Members talk to each other without. */
  readonly tls?: false | "server" | "mutual";
  /** Which certificate the servers show under TLS; the right one by default. */
  readonly serverCertificate?: "server" | "expiredServer" | "wrongNameServer";
  /** Value of --cors: "*", or origins with their ports, separated by commas; etcd takes none without a port. */
  readonly cors?: string;
  /** Seconds a simple token lives without use. */
  readonly authTokenTtl?: number;
  /** Serve the v2 API. */
  readonly v2?: boolean;
  readonly quotaBytes?: number;
  /** Whether it waits for the disk at each write, and so tells how long the disk takes; `false` by default. 3.4 always does. */
  readonly fsync?: boolean;
  /** Milliseconds between the progress answers of a watch that asked for them. */
  readonly progressNotifyMs?: number;
  /** More flags, as on the command line. Leave the log level: the log tells when a member has started. */
  readonly flags?: readonly string[];
  /**
   * Election time-out in ms; the heartbeat is a tenth. A lease lives at least 1.5 times this.
   *
   * @default 500; 100 where there is nobody to elect but itself, which a member does when this time is over
   */
  readonly electionMs?: number;
}

/** Since 3.6 flags are no longer experimental, and what works on files is in etcdutl. */
export function hasNewTools(version: EtcdVersion): boolean {
  return Number(version.slice(2)) >= 6;
}

/** The flags that do not depend on names, ports and folders. 3.4 and 3.5 spell all of these alike. */
export function optionFlags(options: EtcdOptions, certs: Certificates | undefined): string[] {
  const {
    tls,
    serverCertificate = "server",
    cors,
    authTokenTtl,
    v2,
    quotaBytes,
    fsync = false,
    progressNotifyMs,
    electionMs = options.members === 3 ? 500 : 100,
    version,
  } = options;
  const flags = [
    `--election-timeout=${electionMs}`,
    `--heartbeat-interval=${Math.max(1, Math.round(electionMs / 10))}`,
    "--logger=zap",
    "--log-outputs=stderr",
    "--log-level=info",
    // The least there is: each login costs a tenth of a second of CPU otherwise.
    "--bcrypt-cost=4",
  ];
  // A process that is killed loses nothing that it wrote: the disk would only be in the way of other tests.
  if (!fsync && version !== "3.4") flags.push("--unsafe-no-fsync");
  if (certs) flags.push(`--cert-file=${certs[serverCertificate].cert}`, `--key-file=${certs[serverCertificate].key}`);
  if (certs && tls === "mutual") flags.push("--client-cert-auth", `--trusted-ca-file=${certs.ca}`);
  if (cors !== undefined) flags.push(`--cors=${cors}`);
  if (authTokenTtl !== undefined) flags.push(`--auth-token-ttl=${authTokenTtl}`);
  if (v2) flags.push("--enable-v2");
  if (quotaBytes !== undefined) flags.push(`--quota-backend-bytes=${quotaBytes}`);
  const stage = hasNewTools(version) ? "" : "experimental-";
  if (progressNotifyMs !== undefined) flags.push(`--${stage}watch-progress-notify-interval=${progressNotifyMs}ms`);
  return [...flags, ...(options.flags ?? [])];
}
