import { type AlarmMember, AlarmType } from "../gen/etcdserverpb/maintenance_pb.ts";
import { code, failure, RpcError } from "./rpc-error.ts";
import type { Store } from "./store.ts";

/** A database file grows by whole pages. */
const page = 4096;
const emptyFile = 5 * page;

/** The alarms, and the size of the database, which can raise one. */
export class Alarms {
  readonly quotaBytes: number;
  readonly #store: Store;
  readonly #memberId: bigint;
  #active: AlarmMember[] = [];
  #fileBytes = emptyFile;

  constructor(store: Store, memberId: bigint, quotaBytes: number) {
    this.#store = store;
    this.#memberId = memberId;
    this.quotaBytes = quotaBytes;
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
  list(type: AlarmType = AlarmType.NONE): AlarmMember[] {
    return this.#active.filter(({ alarm }) => type === AlarmType.NONE || alarm === type);
  }

  /** Gives the alarm if it is one, also where it was raised before. */
  raise(memberID: bigint, alarm: AlarmType): AlarmMember[] {
    if (alarm === AlarmType.NONE) return [];
    const before = this.#active.filter((other) => other.memberID === memberID && other.alarm === alarm);
    if (before.length > 0) return before;
    const raised: AlarmMember = { $typeName: "etcdserverpb.AlarmMember", memberID, alarm };
    this.#active.push(raised);
    return [raised];
  }

  /** Gives the alarm if there was one. */
  clear(memberID: bigint, alarm: AlarmType): AlarmMember[] {
    const cleared = this.#active.filter((other) => other.memberID === memberID && other.alarm === alarm);
    this.#active = this.#active.filter((other) => !cleared.includes(other));
    return cleared;
  }

  /** Throws `RpcError` when `bytes` more do not fit, and raises the alarm. */
  checkSpace(bytes: number): void {
    if (this.#fileBytes + bytes >= this.quotaBytes) this.raise(this.#memberId, AlarmType.NOSPACE);
    if (this.list(AlarmType.NOSPACE).length > 0) throw failure("noSpace");
  }

  /** Throws `RpcError` when nothing may be changed any more. */
  checkCorrupt(): void {
    if (this.list(AlarmType.CORRUPT).length > 0) throw new RpcError(code.dataLoss, "etcdserver: corrupt cluster");
  }
}
