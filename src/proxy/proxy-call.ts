import { ServerCall } from "../gateway-server/call.ts";
import { code, RpcError } from "../gateway-server/rpc-error.ts";
import { longestTimer } from "../transport/abort.ts";
import type { Rights, Touched } from "./caller-rights.ts";

/** Where in a request a range is asked for. */
export interface Part {
  /** How many transactions it is in, within each other. */
  readonly depth: number;
  readonly compared?: true;
}

/** Throws `permission denied` for what the caller may not. */
export type KeyCheck = (rights: Rights, touched: Touched, part: Part) => void;

export const checkKeys: KeyCheck = (rights, touched) => rights.checkKeys(touched);

const alone: Part = { depth: 0 };

/** One RPC of a caller whose rights are known. */
export class ProxyCall extends ServerCall {
  readonly rights: Rights;
  readonly #check: KeyCheck;
  /** What it asked to touch, for the audit. */
  readonly touched: Touched[] = [];
  /** Whether some of that was refused: a watch is refused by a message within an answer of status 200. */
  refused = false;

  constructor(rights: Rights, bodyLength: number, deadlineMs: number | undefined, check: KeyCheck) {
    super(undefined, bodyLength, deadlineMs);
    this.rights = rights;
    this.#check = check;
  }

  /** Throws `permission denied` unless every key in the range may be read, or written. */
  touch(access: Touched["access"], key: Uint8Array, rangeEnd: Uint8Array, part: Part = alone): void {
    const touched = { access, key, rangeEnd };
    this.touched.push(touched);
    try {
      this.#check(this.rights, touched, part);
    } catch (error) {
      this.refused = true;
      throw error;
    }
  }

  /** Aborts when nobody waits for the answer any more. Call `done` when the work is over. */
  signal(): { readonly signal: AbortSignal; done(): void } {
    const controller = new AbortController();
    const abort = (error: RpcError): void => controller.abort(error);
    const stays = this.onCancel(abort);
    const lasts = this.onExpire(() =>
      abort(new RpcError(code.unavailable, "fetcd proxy: the caller's authorization has expired")),
    );
    const done = (): void => {
      stays();
      lasts();
    };
    return { signal: controller.signal, done };
  }

  /** Calls `listener` when the caller's rights end. Returns what takes it back. */
  onExpire(listener: () => void): () => void {
    const left = this.rights.until - Date.now();
    if (left > longestTimer) return () => undefined;
    const timer = setTimeout(listener, Math.max(0, left));
    return () => clearTimeout(timer);
  }
}
