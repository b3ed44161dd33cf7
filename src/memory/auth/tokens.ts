import type { Clock, Timer } from "../server-clock.ts";
import type { Ids } from "../ids.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";

interface Issued {
  readonly user: string;
  timer: Timer;
}

/** Simple tokens, `letters.index`. Each use of one starts its TTL anew. */
export class Tokens {
  readonly #issued = new Map<string, Issued>();
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #ttlMs: number;

  constructor(clock: Clock, ids: Ids, ttlMs: number) {
    this.#clock = clock;
    this.#ids = ids;
    this.#ttlMs = ttlMs;
  }

  /** `index` is that of the log entry that the token is issued by. */
  issue(user: string, index: bigint): string {
    const token = `${this.#ids.letters(16)}.${index}`;
    this.#issued.set(token, { user, timer: this.#expiry(token) });
    return token;
  }

  /** The user of the token. Throws `RpcError`. */
  use(token: string): string {
    const issued = this.#issued.get(token);
    if (issued === undefined) throw etcdFailure("invalidToken");
    issued.timer.cancel();
    issued.timer = this.#expiry(token);
    return issued.user;
  }

  /** Ends the tokens of a user, or all. */
  drop(user?: string): void {
    for (const [token, issued] of this.#issued) {
      if (user !== undefined && issued.user !== user) continue;
      issued.timer.cancel();
      this.#issued.delete(token);
    }
  }

  #expiry(token: string): Timer {
    return this.#clock.schedule(this.#ttlMs, () => this.#issued.delete(token));
  }
}
