import { parseJson } from "../../transport/codec/parse-json.ts";
import type { CallSettings, Connection } from "../../transport/connection.ts";
import type { EtcdError } from "../../transport/errors/etcd-error.ts";
import { malformedResponse } from "../../transport/errors/etcd-error.ts";
import { isObject } from "../../transport/platform.ts";

// What etcd serves beside its services: plain GET requests that need no token.

/** How a member says it is, as `maintenance.health` tells. */
export interface Health {
  /** Whether the member has a leader and can commit, and no alarm is raised. */
  readonly healthy: boolean;
  /** What is wrong, in etcd's words; empty where nothing is, and with etcd before 3.5. */
  readonly reason: string;
}

/** The versions of a member, as `maintenance.version` tells. */
export interface Version {
  /** The member's own version, such as "3.5.16". */
  readonly etcdserver: string;
  /** The version whose features the cluster agrees to use, such as "3.5.0". */
  readonly etcdcluster: string;
  /** The version of the member's data on disk. Since etcd 3.6. */
  readonly storage?: string;
}

export async function readHealth(connection: Connection, settings: CallSettings): Promise<Health> {
  // A member that is not well says so with a 503, which is an answer here.
  const answer = await read(connection, "/health", { ...settings, statuses: [503] });
  const { health, reason = "" } = answer;
  if ((health !== "true" && health !== "false") || typeof reason !== "string") throw malformed("/health");
  return { healthy: health === "true", reason };
}

export async function readVersion(connection: Connection, settings: CallSettings): Promise<Version> {
  const { etcdserver, etcdcluster, storage } = await read(connection, "/version", settings);
  if (typeof etcdserver !== "string" || typeof etcdcluster !== "string") throw malformed("/version");
  return { etcdserver, etcdcluster, ...(typeof storage === "string" && { storage }) };
}

async function read(
  connection: Connection,
  path: string,
  settings: CallSettings & { readonly statuses?: readonly number[] },
): Promise<Readonly<Record<string, unknown>>> {
  const text = await connection.get(path, settings);
  try {
    const json = parseJson(text);
    if (isObject(json)) return json;
  } catch {
    // Not JSON: somebody else answers on this port.
  }
  throw malformed(path);
}

function malformed(path: string): EtcdError {
  return malformedResponse(`the answer to GET ${path} is not etcd's`, "not-applied");
}
