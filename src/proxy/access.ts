import { code, failure, RpcError } from "../gateway-server/rpc-error.ts";
import { createKeyspace, type Keyspace } from "../v3/namespace.ts";
import { type Key, type KeyRange, noBytes, prefixEnd, rangeOf, type Selector, concatBytes } from "../v3/keys.ts";
import { invalidArgument, shown } from "../transport/errors/etcd-error.ts";
import { checkOptions } from "../transport/options.ts";
import { type LeaseIds, leaseIds } from "./lease-ids.ts";
import { type RangeSet, rangeSet } from "./range-set.ts";

/** What a caller may do, by the names it uses: those below its `namespace`. */
export interface Rule {
  /** Read and watch these keys. */
  readonly read?: Selector;
  /** Put and delete these keys. It does not include reading them. */
  readonly write?: Selector;
  /** Hold locks and lead elections whose names lie here: read and write these keys, and have leases. */
  readonly lock?: Selector;
  /** Have leases. */
  readonly lease?: boolean;
  /** `read`: the list of members. `write`: change it. */
  readonly cluster?: "read" | "write";
  /**
   * `read`: status, alarms, version and health. `write`: compact, defragment, snapshot and the rest. A snapshot holds
   * every key there is, whatever the namespace.
   */
  readonly maintenance?: "read" | "write";
  /** `read`: users and roles. `write`: change them, and turn authentication on or off. */
  readonly auth?: "read" | "write";
}

/** Who a caller is and what it may do, as `authorize` says. */
export interface Access {
  /** Whose leases, watches and rate these are. */
  readonly subject: string;
  /** A prefix put before every key of the caller's and taken off every answer. */
  readonly namespace?: Key;
  /** When this ends: watches that are open then end too, and the next request is asked anew. */
  readonly until?: Date;
  readonly allow: readonly Rule[];
}

type Level = "none" | "read" | "write";
type Area = "cluster" | "maintenance" | "auth";

/** A key range that a request touches, in the caller's own names. */
export interface Touched {
  readonly access: "read" | "write";
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** What one caller may do. All checks throw etcd's own `permission denied`. */
export interface Rights {
  readonly subject: string;
  readonly keyspace: Keyspace;
  /** Milliseconds since 1970; `Infinity` for no end. */
  readonly until: number;
  readonly leases: LeaseIds;
  /** Whether a single key may be read. */
  mayRead(key: Uint8Array): boolean;
  checkKeys(touched: Touched): void;
  checkLeases(): void;
  check(area: Area, level: "read" | "write"): void;
}

const accessNames = ["subject", "namespace", "until", "allow"] as const;
const ruleNames = ["read", "write", "lock", "lease", "cluster", "maintenance", "auth"] as const;

/** Throws `InvalidArgument` for what `authorize` must not answer. `leaseKey`: the key that leases are marked with. */
export function rightsOf(given: Access, leaseKey: Uint8Array): Rights {
  const { subject, namespace, until, allow } = checkOptions("authorize", given, accessNames);
  if (typeof subject !== "string" || subject === "") {
    throw invalidArgument(`subject: expected a name for the caller, got ${shown(subject)}`);
  }
  if (!Array.isArray(allow)) throw invalidArgument(`allow: expected a list of rules, got ${shown(allow)}`);
  const rules = allow.map((rule: Rule, index) => checkOptions(`allow[${index}]`, rule, ruleNames));
  const whole = createKeyspace();
  const keys: Record<Touched["access"], RangeSet> = {
    read: rangeSet(rules.flatMap(({ read, lock }) => [...selected(read, "read"), ...selected(lock, "lock")])),
    write: rangeSet(rules.flatMap(({ write, lock }) => [...selected(write, "write"), ...selected(lock, "lock")])),
  };
  const mayLease = rules.some(({ lease, lock }) => checkLease(lease) || lock !== undefined);
  const levels: Record<Area, Level> = {
    cluster: levelOf(rules, "cluster"),
    maintenance: levelOf(rules, "maintenance"),
    auth: levelOf(rules, "auth"),
  };
  return {
    subject,
    keyspace: namespace === undefined ? whole : whole.within(namespace),
    until: untilOf(until),
    leases: leaseIds(leaseKey, subject),
    mayRead: (key) => keys.read.covers({ key, rangeEnd: noBytes }),
    checkKeys({ access, key, rangeEnd }) {
      if (!keys[access].covers({ key, rangeEnd })) throw denied();
    },
    checkLeases() {
      if (!mayLease) throw denied();
    },
    check(area, level) {
      const has = levels[area];
      if (has !== "write" && has !== level) throw denied();
    },
  };
}

export function denied(): RpcError {
  return failure("permissionDenied");
}

/** `authorize` does not know the caller. */
export function unknownCaller(): RpcError {
  return new RpcError(code.unauthenticated, "etcdserver: invalid auth token");
}

/** The keys below a lock's or election's name. */
export function keysBelow(name: Uint8Array): KeyRange {
  const prefix = concatBytes(name, slash);
  return { key: prefix, rangeEnd: prefixEnd(prefix) };
}

const slash = new Uint8Array([0x2f]);

function selected(selector: Selector | undefined, name: string): KeyRange[] {
  return selector === undefined ? [] : [rangeOf(selector, name)];
}

function checkLease(lease: unknown): boolean {
  if (lease === undefined || typeof lease === "boolean") return lease === true;
  throw invalidArgument(`lease: expected true or false, got ${shown(lease)}`);
}

function levelOf(rules: readonly Rule[], area: Area): Level {
  let level: Level = "none";
  for (const rule of rules) {
    const wanted: unknown = rule[area];
    if (wanted !== undefined && wanted !== "read" && wanted !== "write") {
      throw invalidArgument(`${area}: expected "read" or "write", got ${shown(wanted)}`);
    }
    if (wanted === "write" || (wanted === "read" && level === "none")) level = wanted;
  }
  return level;
}

function untilOf(until: unknown): number {
  if (until === undefined) return Infinity;
  const time = Object.prototype.toString.call(until) === "[object Date]" ? Number(until) : NaN;
  if (Number.isNaN(time)) throw invalidArgument(`until: expected a Date, got ${shown(until)}`);
  return time;
}
