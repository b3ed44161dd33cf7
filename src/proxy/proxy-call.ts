import { Call } from "../gateway-server/call.ts";
import type { Rights, Touched } from "./access.ts";

/** One RPC of a caller whose rights are known. */
export class ProxyCall extends Call {
  readonly rights: Rights;
  /** What it asked to touch, for the audit. */
  readonly touched: Touched[] = [];

  constructor(rights: Rights, bodyLength: number, deadlineMs: number | undefined) {
    super(undefined, bodyLength, deadlineMs);
    this.rights = rights;
  }

  /** Throws `permission denied` unless every key in the range may be read, or written. */
  touch(access: Touched["access"], key: Uint8Array, rangeEnd: Uint8Array): void {
    const touched = { access, key, rangeEnd };
    this.touched.push(touched);
    this.rights.checkKeys(touched);
  }

  /** Aborts when nobody waits for the answer any more. Call `done` when the work is over. */
  signal(): { readonly signal: AbortSignal; done(): void } {
    const controller = new AbortController();
    const done = this.onCancel((error) => controller.abort(error));
    return { signal: controller.signal, done };
  }
}
