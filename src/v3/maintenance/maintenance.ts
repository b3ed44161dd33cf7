import { DowngradeRequest_DowngradeAction as WireAction } from "../../gen/enums.ts";
import { Maintenance } from "../../transport/codec/services.ts";
import type { StatusResponse } from "../../gen/etcdserverpb/maintenance_pb.ts";
import type { CallOptions, CallSettings, Connection } from "../../transport/connection.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { type Kind, shownText } from "../../transport/option-kinds.ts";
import { check } from "../../transport/options.ts";
import { type Alarms, createAlarms } from "./alarms.ts";
import { checkId, checkOneOf, checkRevision, checkString, ownOptions } from "../check.ts";
import { moveLeader } from "./move-leader.ts";
import { type Health, readHealth, readVersion, type Version } from "./http-answers.ts";
import { withJson } from "../json-form.ts";
import { operation } from "../operation.ts";
import { snapshotKinds, type SnapshotOptions, snapshotStream } from "./snapshot.ts";

/** The state of one member, as it sees the cluster. */
export interface Status {
  /** The cluster's id. */
  readonly clusterId: bigint;
  /** The member that answered. */
  readonly memberId: bigint;
  /** The newest revision that this member knows. */
  readonly revision: bigint;
  /** The member's version, such as "3.5.16". */
  readonly version: string;
  /** Bytes of the database file. */
  readonly dbSize: bigint;
  /** Bytes of it that hold data: defragmenting gives the others back. */
  readonly dbSizeInUse: bigint;
  /** The id of the leader; `0n` while there is none. */
  readonly leader: bigint;
  /** The Raft term: it grows with each election of a leader. */
  readonly raftTerm: bigint;
  /** The index of the last entry that is committed in the Raft log. */
  readonly raftIndex: bigint;
  /** The index of the last entry that the member has applied. Far behind `raftIndex`: it lags. */
  readonly raftAppliedIndex: bigint;
  /** What is wrong, such as alarms, in etcd's words. */
  readonly errors: string[];
  /** Whether the member is a learner, which has no vote. */
  readonly isLearner: boolean;
  /** Since etcd 3.6, as are the following. */
  readonly storageVersion: string | undefined;
  /** Bytes that the database may grow to. */
  readonly dbSizeQuota: bigint | undefined;
  /** Whether a downgrade of the cluster is going on, and to which version. */
  readonly downgradeInfo: { readonly enabled: boolean; readonly targetVersion: string } | undefined;
}

/** The hash of a member's database. */
export interface Hash {
  /** A CRC-32 of the database. */
  readonly hash: number;
  /** The member's revision at that time. */
  readonly revision: bigint;
}

/** The hash of a member's keys up to a revision. */
export interface KvHash extends Hash {
  /** `-1n` before the first compaction. */
  readonly compactRevision: bigint;
  /** The revision that the hash is of. Since etcd 3.6. */
  readonly hashRevision: bigint | undefined;
}

/** In capitals as in the protocol, or small as in etcdctl. */
export type DowngradeAction = "VALIDATE" | "ENABLE" | "CANCEL" | "validate" | "enable" | "cancel";

/**
 * Care of the cluster and its members. `endpoint` is one of the client's endpoints; without one, the endpoint in use is
 * asked. Transports other than the gateway have no endpoints to choose from.
 */
export interface MaintenanceService extends Alarms {
  /** The state of a member: versions, sizes, the leader, its place in the Raft log. */
  status(endpoint?: string, options?: CallOptions): Promise<Status>;
  /** Whether a member is well. A sick member resolves; one that does not answer rejects. Gateway only. */
  health(endpoint?: string, options?: CallOptions): Promise<Health>;
  /** The versions of a member and of its cluster. @throws `Unsupported` where the transport is not the gateway */
  version(endpoint?: string, options?: CallOptions): Promise<Version>;
  /** Gives unused space back to the file system. The member serves nothing meanwhile: allow for it in `timeoutMs`. */
  defragment(endpoint?: string, options?: CallOptions): Promise<void>;
  /** The hash of a member's whole database. To compare members, see `hashKv`. */
  hash(endpoint?: string, options?: CallOptions): Promise<Hash>;
  /**
   * The hash of a member's keys up to a revision, by default the newest: alike on all members for the same revision
   * and compact revision. Over the gateway since etcd 3.5.10.
   */
  hashKv(revision?: bigint, endpoint?: string, options?: CallOptions): Promise<KvHash>;
  /**
   * Makes another member the leader. Only the leader can do this, so the request goes to the one of the client's
   * endpoints that is; rejects with `NotLeader` if none of them is.
   */
  moveLeader(memberId: bigint, options?: CallOptions): Promise<void>;
  /**
   * Checks, starts or cancels a downgrade to `version`, such as "3.5". Since etcd 3.5.
   *
   * @throws `InvalidDowngradeTargetVersion`; `DowngradeInProcess` or `NoInflightDowngrade` where one is, or is not, going on
   */
  downgrade(action: DowngradeAction, version?: string, options?: CallOptions): Promise<{ version: string }>;
  /**
   * The database of a member as a file that `etcdctl snapshot restore` takes. It is whole only
   * once the stream closes: one that is cut short or damaged fails the stream with `SnapshotCorrupt`.
   */
  snapshot(options?: SnapshotOptions): ReadableStream<Uint8Array>;
}

export function createMaintenance(connection: Connection): MaintenanceService {
  /** What a call to a single member takes. */
  function member(name: string, endpoint: string | undefined, options: CallOptions | undefined): CallSettings {
    const own = ownOptions(`maintenance.${name}`, options);
    if (endpoint === undefined) return own;
    checkString(endpoint, "endpoint");
    if (connection.endpoints.length > 0) return { ...own, endpoint };
    throw unsupported("endpoint: not with a transport of your own");
  }

  return {
    ...createAlarms(connection),

    async status(endpoint, options) {
      return statusOf(await connection.unary(Maintenance.method.status, {}, member("status", endpoint, options)));
    },

    async health(endpoint, options) {
      return readHealth(connection, member("health", endpoint, options));
    },

    async version(endpoint, options) {
      return readVersion(connection, member("version", endpoint, options));
    },

    async defragment(endpoint, options) {
      await connection.unary(Maintenance.method.defragment, {}, member("defragment", endpoint, options));
    },

    async hash(endpoint, options) {
      const { hash, header } = await connection.unary(Maintenance.method.hash, {}, member("hash", endpoint, options));
      return withJson({ hash, revision: header?.revision ?? 0n });
    },

    async hashKv(revision, endpoint, options) {
      const settings = member("hashKv", endpoint, options);
      const request = { revision: revision === undefined ? 0n : checkRevision(revision, "revision") };
      const answer = await connection.unary(Maintenance.method.hashKV, request, settings).catch((error: unknown) => {
        throw missing(error, "hashKv needs etcd 3.5.10 or later");
      });
      const { hash, compactRevision, hashRevision, header } = answer;
      const own = { hash, compactRevision, hashRevision: hashRevision || undefined };
      return withJson({ ...own, revision: header?.revision ?? 0n });
    },

    async moveLeader(memberId, options) {
      const own = ownOptions("maintenance.moveLeader", options);
      checkId(memberId, "memberId");
      await operation(connection, own, (shared, tracker) => moveLeader(connection, memberId, shared, tracker));
    },

    async downgrade(action, version, options) {
      const own = ownOptions("maintenance.downgrade", options);
      const name = checkOneOf(String(action).toUpperCase(), ["VALIDATE", "ENABLE", "CANCEL"], "action");
      const request = {
        action: WireAction[name],
        version: name === "CANCEL" && version === undefined ? "" : check(versionKind, version, "version"),
      };
      const answer = await connection.unary(Maintenance.method.downgrade, request, own).catch((error: unknown) => {
        throw missing(error, "downgrade needs etcd 3.5 or later");
      });
      return { version: answer.version };
    },

    snapshot(options) {
      return snapshotStream(connection, ownOptions("maintenance.snapshot", options, snapshotKinds));
    },
  };
}

function statusOf(answer: StatusResponse): Status {
  const { header, version, leader, raftTerm, raftIndex, raftAppliedIndex, errors, isLearner, downgradeInfo } = answer;
  return withJson({
    clusterId: header?.clusterId ?? 0n,
    memberId: header?.memberId ?? 0n,
    revision: header?.revision ?? 0n,
    version,
    dbSize: answer.dbSize,
    dbSizeInUse: answer.dbSizeInUse,
    leader,
    raftTerm,
    raftIndex,
    raftAppliedIndex,
    errors: [...errors],
    isLearner,
    storageVersion: answer.storageVersion || undefined,
    dbSizeQuota: answer.dbSizeQuota || undefined,
    downgradeInfo: downgradeInfo && { enabled: downgradeInfo.enabled, targetVersion: downgradeInfo.targetVersion },
  });
}

const versionKind: Kind<string> = {
  expected: 'a version like "3.5" or "3.5.0"',
  accepts: (version): version is string => typeof version === "string" && /^\d+\.\d+(?:\.\d+)?$/.test(version),
  show: shownText,
};

/** A method that this server does not have yet, rather than a server that is not etcd. */
function missing(error: unknown, needed: string): unknown {
  if (!EtcdError.is(error) || (error.reason !== "NotEtcd" && error.reason !== "Unsupported")) return error;
  return unsupported(`${needed}: ${error.message}`, error);
}

function unsupported(message: string, cause?: EtcdError): EtcdError {
  return new EtcdError(message, "Unsupported", { outcome: "not-applied", attempts: cause?.attempts, cause });
}
