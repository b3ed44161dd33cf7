import { DowngradeRequest_DowngradeAction as Action } from "../../gen/enums.ts";
import type { DowngradeRequest } from "../../gen/etcdserverpb/maintenance_pb.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";

/** Keeps whether the cluster is being taken to an older minor version. */
export class Downgrade {
  readonly #version: string;
  readonly #since36: boolean;
  #target: string | undefined;

  /** Since 3.6 a cancel without a job is not an error, and versions are told without a patch. */
  constructor(version: string, since36: boolean) {
    this.#version = version;
    this.#since36 = since36;
  }

  get target(): string | undefined {
    return this.#target;
  }

  /** The version of the cluster. Throws `RpcError`. */
  run({ action, version }: DowngradeRequest): string {
    const [major, minor] = numbers(this.#version);
    if (action === Action.CANCEL) {
      if (this.#target === undefined && !this.#since36) throw etcdFailure("noDowngrade");
      this.#target = undefined;
    } else {
      const [toMajor, toMinor] = numbers(version);
      if (toMajor !== major || toMinor !== (minor ?? 0) - 1) throw etcdFailure("downgradeVersion");
      if (this.#target !== undefined) throw etcdFailure("downgradeBusy");
      if (action === Action.ENABLE) this.#target = `${toMajor}.${toMinor}.0`;
    }
    return `${major}.${minor}${this.#since36 ? "" : ".0"}`;
  }
}

function numbers(version: string): readonly number[] {
  const [, major, minor] = /^(\d+)\.(\d+)(\.\d+([-+]\S+)?)?$/.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw etcdFailure("downgradeFormat");
  return [Number(major), Number(minor)];
}
