import { AlarmRequest_AlarmAction as Action, AlarmType } from "../../gen/enums.ts";
import { Maintenance } from "../../transport/codec/services.ts";
import type { AlarmResponse } from "../../gen/etcdserverpb/maintenance_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { checkId, checkOneOf, ownOptions } from "../check.ts";
import { withJson } from "../json-form.ts";
import { operation } from "../operation.ts";

/** `NOSPACE`: the database has reached its quota, writes are refused. `CORRUPT`: data of the members differ. */
export type AlarmName = "NOSPACE" | "CORRUPT";

/** An alarm that a member has raised. It stays until it is disarmed. */
export interface Alarm {
  /** The member it is about. */
  readonly memberId: bigint;
  /** What is wrong: see {@link AlarmName}. */
  readonly type: AlarmName;
}

const names: readonly AlarmName[] = ["NOSPACE", "CORRUPT"];

/** Alarms of the cluster: to list, raise and disarm. */
export interface Alarms {
  /** The alarms that are raised, of one member or type where given (`0n`: of all members). */
  alarms(memberId?: bigint, type?: AlarmName, options?: CallOptions): Promise<Alarm[]>;
  /** Raises an alarm, which the whole cluster heeds. etcd does not check that there is such a member. */
  createAlarm(memberId: bigint, type: AlarmName, options?: CallOptions): Promise<Alarm>;
  /**
   * Clears an alarm once its cause is gone; without a type, or a member (`0n` as well), all that are raised. Resolves
   * with those that it cleared.
   */
  disarmAlarm(memberId?: bigint, type?: AlarmName, options?: CallOptions): Promise<Alarm[]>;
}

export function createAlarms(connection: Connection): Alarms {
  async function raised(wanted: Partial<Alarm>, options: CallOptions): Promise<Alarm[]> {
    const { memberId, type } = wanted;
    const request = { action: Action.GET, alarm: type === undefined ? AlarmType.NONE : AlarmType[type] };
    const all = alarmsIn(await connection.unary(Maintenance.method.alarm, request, options));
    // etcd looks at the type only.
    return all.filter(
      (alarm) => (memberId === undefined || alarm.memberId === memberId) && (type === undefined || alarm.type === type),
    );
  }

  return {
    async alarms(memberId, type, options) {
      const own = ownOptions("maintenance.alarms", options);
      return raised(checkWanted(memberId, type), own);
    },

    async createAlarm(memberId, type, options) {
      const own = ownOptions("maintenance.createAlarm", options);
      const alarm = withJson({ memberId: checkId(memberId, "memberId"), type: checkOneOf(type, names, "type") });
      const request = { action: Action.ACTIVATE, memberID: alarm.memberId, alarm: AlarmType[alarm.type] };
      await connection.unary(Maintenance.method.alarm, request, own);
      return alarm;
    },

    async disarmAlarm(memberId, type, options) {
      const own = ownOptions("maintenance.disarmAlarm", options);
      const wanted = checkWanted(memberId, type);
      return operation(connection, own, async (shared, tracker) => {
        const active = await tracker.help(() => raised(wanted, shared));
        for (const alarm of active) {
          const request = { action: Action.DEACTIVATE, memberID: alarm.memberId, alarm: AlarmType[alarm.type] };
          // Clearing twice ends in the same state.
          await tracker.write(() =>
            connection.unary(Maintenance.method.alarm, request, { ...shared, idempotency: "keyed" }),
          );
        }
        return active;
      });
    },
  };
}

function checkWanted(memberId: unknown, type: unknown): Partial<Alarm> {
  return {
    ...(memberId !== undefined && memberId !== 0n && { memberId: checkId(memberId, "memberId") }),
    ...(type !== undefined && { type: checkOneOf(type, names, "type") }),
  };
}

/** Without those of a type that only a newer server knows. */
function alarmsIn({ alarms }: AlarmResponse): Alarm[] {
  return alarms.flatMap(({ memberID, alarm }) => {
    const type = names.find((name) => AlarmType[name] === alarm);
    return type === undefined ? [] : [withJson({ memberId: memberID, type })];
  });
}
