import type { RequestOp, TxnRequest } from "../../gen/etcdserverpb/kv_pb.ts";
import type { AuthStore } from "./auth-store.ts";
import type { ServerCall } from "../../gateway-server/call.ts";
import { type KeySpan, keyRange } from "../store/key-range.ts";
import type { StoredLease } from "../lease/lessor.ts";
import { code, etcdFailure, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Tokens } from "./tokens.ts";

export interface AccessRules {
  /** Whether unknown tokens are refused even while authentication is off, as in 3.4. */
  readonly tokensWhileOff: boolean;
  /**
   * Whether callers without a user may list members, status and alarms, use leases, compact and move the leader, as up
   * to 3.5.16.
   */
  readonly lax: boolean;
}

/** Checks the rights of callers. A method that refuses throws an `RpcError`; while authentication is off, none refuses. */
export class AccessControl {
  readonly #auth: AuthStore;
  readonly #tokens: Tokens;
  readonly #rules: AccessRules;

  constructor(auth: AuthStore, tokens: Tokens, rules: AccessRules) {
    this.#auth = auth;
    this.#tokens = tokens;
    this.#rules = rules;
  }

  /** The user who calls; "" for none. Throws for an unknown token. */
  userOf({ token }: ServerCall): string {
    if (token === undefined || (!this.#auth.enabled && !this.#rules.tokensWhileOff)) return "";
    return this.#tokens.use(token);
  }

  admin(call: ServerCall): void {
    const user = this.userOf(call);
    if (!this.#auth.enabled) return;
    if (user === "") throw etcdFailure("userEmpty");
    if (!this.#auth.isAdmin(user)) throw etcdFailure("permissionDenied");
  }

  /** Allows any user; with lax rules also callers without one. */
  anyUser(call: ServerCall): void {
    if (this.#rules.lax) return;
    if (this.userOf(call) === "" && this.#auth.enabled) throw etcdFailure("userEmpty");
  }

  /** Allows any user; with lax rules also callers without a token, though not with an unknown one. */
  proposer(call: ServerCall): void {
    if (this.#rules.lax) this.userOf(call);
    else this.anyUser(call);
  }

  /** Allows admins; with lax rules everybody but callers with an unknown token. */
  compact(call: ServerCall): void {
    if (this.#rules.lax) this.userOf(call);
    else this.admin(call);
  }

  /** Allows admins; with lax rules everybody. */
  cluster(call: ServerCall): void {
    if (!this.#rules.lax) this.admin(call);
  }

  /** As `check`, but, with lax rules, without the status code that a client would know the error by. */
  plainly(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!this.#rules.lax || !(error instanceof RpcError)) throw error;
      throw new RpcError(code.unknown, error.message.replace(/^etcdserver:/, "auth:"));
    }
  }

  /** Allows the user itself, and admins. */
  self(call: ServerCall, name: string): void {
    if (this.userOf(call) !== name) this.admin(call);
  }

  /** Allows users with the role, and admins. */
  roleHolder(call: ServerCall, role: string): void {
    const user = this.userOf(call);
    if (!(this.#auth.users.get(user)?.roles ?? []).includes(role)) this.admin(call);
  }

  read(call: ServerCall, range: KeySpan): void {
    this.#permitted(this.userOf(call), "read", range);
  }

  write(call: ServerCall, range: KeySpan): void {
    this.#permitted(this.userOf(call), "write", range);
  }

  /** Writing with a lease, and ending one, touches all keys that it has. */
  lease(call: ServerCall, lease: StoredLease | undefined): void {
    this.#leaseKeys(call, "write", lease);
  }

  /** Renewing a lease keeps its keys, which takes the right to write them; up to 3.5.16 nobody looks. */
  renewal(call: ServerCall, lease: StoredLease | undefined): void {
    this.anyUser(call);
    if (!this.#rules.lax) this.#leaseKeys(call, "write", lease);
  }

  /** The list of all leases is for those who may read all their keys; up to 3.5.16 for anybody. */
  allLeases(call: ServerCall, leases: Iterable<StoredLease>): void {
    this.anyUser(call);
    if (this.#rules.lax) return;
    for (const lease of leases) this.#leaseKeys(call, "read", lease);
  }

  /** Allows admins; with lax rules everybody but callers with an unknown token. */
  alarms(call: ServerCall): void {
    if (this.#rules.lax) this.userOf(call);
    else this.admin(call);
  }

  /** A user who may read the keys of a lease may list them. */
  leaseKeys(call: ServerCall, lease: StoredLease | undefined): void {
    if (this.userOf(call) === "" && this.#auth.enabled) throw etcdFailure("userEmpty");
    this.#leaseKeys(call, "read", lease);
  }

  txn(call: ServerCall, request: TxnRequest, leaseOf: (id: bigint) => StoredLease | undefined): void {
    this.userOf(call);
    for (const { key, rangeEnd } of request.compare) this.read(call, keyRange(key, rangeEnd));
    for (const { request: op } of [...request.success, ...request.failure]) this.#op(call, op, leaseOf);
  }

  #op(call: ServerCall, op: RequestOp["request"], leaseOf: (id: bigint) => StoredLease | undefined): void {
    switch (op.case) {
      case "requestRange":
        return this.read(call, keyRange(op.value.key, op.value.rangeEnd));
      case "requestPut": {
        const range = keyRange(op.value.key, new Uint8Array(0));
        this.write(call, range);
        // Of a put in a transaction, up to 3.5.16, no more is asked than that.
        if (this.#rules.lax) return;
        this.lease(call, leaseOf(op.value.lease));
        if (op.value.prevKv) this.read(call, range);
        return;
      }
      case "requestDeleteRange": {
        const range = keyRange(op.value.key, op.value.rangeEnd);
        this.write(call, range);
        if (op.value.prevKv) this.read(call, range);
        return;
      }
      case "requestTxn":
        return this.txn(call, op.value, leaseOf);
      case undefined:
    }
  }

  #leaseKeys(call: ServerCall, wanted: "read" | "write", lease: StoredLease | undefined): void {
    const user = this.userOf(call);
    if (!this.#auth.enabled || this.#auth.isAdmin(user)) return;
    for (const start of lease?.keys ?? []) this.#permitted(user, wanted, { start, single: true, end: undefined });
  }

  #permitted(user: string, wanted: "read" | "write", range: KeySpan): void {
    if (!this.#auth.enabled) return;
    if (user === "") throw etcdFailure("userEmpty");
    if (this.#auth.isAdmin(user)) return;
    if (!this.#auth.rights(user).cover(wanted, range)) throw etcdFailure("permissionDenied");
  }
}
