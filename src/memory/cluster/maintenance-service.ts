import { AlarmRequest_AlarmAction as Action, AlarmType } from "../../gen/enums.ts";
import type { ServerCall } from "../../gateway-server/call.ts";
import { Maintenance } from "../../gateway-server/served-services.ts";
import { Downgrade } from "./downgrade.ts";
import { type Endpoint, stream, unary } from "../../gateway-server/rpc-endpoint.ts";
import { hashOf } from "../store/hash.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";
import { snapshotPieces } from "../store/snapshot.ts";

/** As etcd sends snapshots. */
const pieceBytes = 32 * 1024;

const alarmNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(AlarmType).map(([name, number]) => [number, name]),
);

export function maintenanceEndpoints(server: Server): Endpoint[] {
  const { store, alarms, access, members } = server;
  const { release } = server.settings;
  const downgrade = new Downgrade(release.version, release.since36);
  const admin = (call: ServerCall): void => access.plainly(() => access.admin(call));
  return [
    unary(Maintenance.method.alarm, ({ action, memberID, alarm }, call) => {
      if (release.before35) access.plainly(() => access.alarms(call));
      else access.alarms(call);
      const act = action === Action.ACTIVATE ? alarms.raise : action === Action.DEACTIVATE ? alarms.clear : undefined;
      const found = act === undefined ? alarms.list(alarm) : act.call(alarms, memberID, alarm);
      // 3.4 leaves the header out.
      return release.before35 ? { alarms: found } : { header: server.header(), alarms: found };
    }),
    unary(Maintenance.method.status, (_request, call) => {
      access.anyUser(call);
      const status = {
        header: server.header(),
        version: release.version,
        dbSize: BigInt(alarms.bytes),
        leader: server.memberId,
        raftIndex: server.raftIndex,
        raftTerm: server.raftTerm,
        raftAppliedIndex: server.raftIndex,
        errors: alarms.list().map(({ memberID, alarm }) => `memberID:${memberID} alarm:${alarmNames[alarm] ?? alarm} `),
        dbSizeInUse: BigInt(alarms.bytesInUse),
      };
      if (!release.since36) return status;
      const { target } = downgrade;
      const downgradeInfo = target === undefined ? {} : { enabled: true, targetVersion: target };
      const storageVersion = release.version.replace(/\.\d+$/, ".0");
      return { ...status, storageVersion, dbSizeQuota: BigInt(alarms.quotaBytes), downgradeInfo };
    }),
    unary(Maintenance.method.defragment, (_request, call) => {
      admin(call);
      alarms.defragment();
      return {};
    }),
    unary(Maintenance.method.hash, (_request, call) => {
      admin(call);
      return { header: server.header(), hash: hashOf(store.versions(store.revision)) };
    }),
    unary(Maintenance.method.hashKV, (request, call) => {
      admin(call);
      const revision = request.revision <= 0n ? store.revision : request.revision;
      if (revision > store.revision) throw etcdFailure("futureRevision");
      if (revision < store.compactRevision) throw etcdFailure("compacted");
      return {
        header: server.header(),
        ...store.hashAt(revision),
        ...(release.since36 ? { hashRevision: revision } : {}),
      };
    }),
    stream(Maintenance.method.snapshot, (_requests, sink, call) => {
      admin(call);
      const version = release.since36 ? { version: release.version } : {};
      for (const piece of snapshotPieces(store, pieceBytes)) sink.send({ ...piece, ...version });
      sink.end();
    }),
    unary(Maintenance.method.moveLeader, ({ targetID }, call) => {
      access.cluster(call);
      if (!members.votes(targetID)) throw etcdFailure("badTransferee");
      return { header: server.header() };
    }),
    unary(Maintenance.method.downgrade, (request, call) => {
      access.cluster(call);
      return { version: downgrade.run(request), header: server.header() };
    }),
  ];
}
