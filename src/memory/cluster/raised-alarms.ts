import { AlarmType } from "../../gen/enums.ts";
import type { AlarmMember } from "../../gen/etcdserverpb/maintenance_pb.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Store } from "../store/store.ts";

type Type = AlarmMember["alarm"];

/** A database file grows by whole pages. */
const page = 4096;
const emptyFile = 5 * page;

/** The alarms, and the size of the database, which can raise one. */
export class RaisedAlarms {
  readonly quotaBytes: number;
  readonly #store: Store;
  readonly #memberId: bigint;
  readonly #lastDecides: boolean;
  #active: AlarmMember[] = [];
  /** The type that was raised last, until there is no alarm any more of whichever type was cleared. */
  #last: Type = AlarmType.NONE;
  #fileBytes = emptyFile;

  /** `lastDecides`: as up to 3.5, of the two types only the one raised last counts, and the end of either ends both. */
  constructor(store: Store, memberId: bigint, quotaBytes: number, lastDecides: boolean) {
    this.#store = store;
    this.#memberId = memberId;
    this.quotaBytes = quotaBytes;
    this.#lastDecides = lastDecides;
    store.onChange(() => {
      this.#fileBytes = Math.max(this.#fileBytes, this.bytesInUse);
    });
  }

  get bytesInUse(): number {
    return emptyFile - page + Math.ceil(this.#store.bytes / page) * page;
  }

  /** Bytes of the file; compactions leave holes in it that only a defragmentation takes out. */
  get bytes(): number {
    return this.#fileBytes;
  }

  defragment(): void {
    this.#fileBytes = this.bytesInUse;
  }

  /** Those of one type, or all for NONE. */
  list(type: Type = AlarmType.NONE): AlarmMember[] {
    return this.#active.filter(({ alarm }) => type === AlarmType.NONE || alarm === type);
  }

  /** Gives the alarm if it is one, also where it was raised before. */
  raise(memberID: bigint, alarm: Type): AlarmMember[] {
    if (alarm === AlarmType.NONE) return [];
    const before = this.#active.filter((other) => other.memberID === memberID && other.alarm === alarm);
    if (before.length > 0) return before;
    const raised: AlarmMember = { $typeName: "etcdserverpb.AlarmMember", memberID, alarm };
    if (this.list(alarm).length === 0) this.#last = alarm;
    this.#active.push(raised);
    return [raised];
  }

  /** Gives the alarm if there was one. */
  clear(memberID: bigint, alarm: Type): AlarmMember[] {
    const cleared = this.#active.filter((other) => other.memberID === memberID && other.alarm === alarm);
    this.#active = this.#active.filter((other) => !cleared.includes(other));
    if (cleared.length > 0 && this.list(alarm).length === 0) this.#last = AlarmType.NONE;
    return cleared;
  }

  /** Throws `RpcError` when `cost` bytes more do not fit, and raises the alarm. */
  checkQuota(cost: number): void {
    if (cost === 0 || this.#fileBytes + cost < this.quotaBytes) return;
    this.raise(this.#memberId, AlarmType.NOSPACE);
    throw etcdFailure("noSpace");
  }

  /** Throws `RpcError` when an alarm keeps a change from being made that takes `cost` bytes. */
  checkChange(cost: number): void {
    if (this.#stops(AlarmType.CORRUPT)) throw etcdFailure("corrupt");
    if (cost > 0 && this.#stops(AlarmType.NOSPACE)) throw etcdFailure("noSpace");
  }

  #stops(type: Type): boolean {
    return this.#lastDecides ? this.#last === type : this.list(type).length > 0;
  }
}
