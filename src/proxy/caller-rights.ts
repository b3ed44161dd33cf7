import { code, etcdFailure, RpcError } from "../gateway-server/rpc-error.ts";
import { createKeyspace, type Keyspace } from "../v3/namespace.ts";
import { type Key, type KeyRange, noBytes, prefixEnd, rangeOf, type Selector, concatBytes } from "../v3/keys.ts";
import * as kind from "../transport/option-kinds.ts";
import { check, checkOptions, type Kinds } from "../transport/options.ts";
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
  /** Have leases. @default false */
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

/** The identity and the rights of a caller, as `authorize` returns them. */
export interface Access {
  /** Whose leases, watches and rate these are. */
  readonly subject: string;
  /** A prefix put before every key of the caller's and taken off every answer. */
  readonly namespace?: Key;
  /** When this ends: watches that are open then end too, and the next request is asked anew. */
  readonly until?: Date;
  /** What the caller may do: what any of these allows. */
  readonly allow: readonly Rule[];
}

type Level = "none" | "read" | "write";
type Area = "cluster" | "maintenance" | "auth";

/** A key range that a request touches, in the caller's own names. */
export interface Touched {
  /** Whether the request reads or writes it. */
  readonly access: "read" | "write";
  /** The key, or the first key of the range. */
  readonly key: Uint8Array;
  /** The end of the range, exclusive, as etcd has it: empty for a single key, `\0` for all from `key` on. */
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

const accessKinds: Kinds<Access> = {
  subject: kind.string,
  namespace: kind.anything,
  until: { expected: "a Date", accepts: isDate },
  allow: kind.list,
};

const level = kind.oneOf(["read", "write"]);
const ruleKinds: Kinds<Rule> = {
  read: kind.anything,
  write: kind.anything,
  lock: kind.anything,
  lease: kind.boolean,
  cluster: level,
  maintenance: level,
  auth: level,
};

/** Throws `InvalidArgument` for what `authorize` must not answer. `leaseKey`: the key that leases are marked with. */
export function rightsOf(given: Access, leaseKey: Uint8Array): Rights {
  const { subject, namespace, until, allow } = checkOptions("authorize", given, accessKinds);
  check(kind.string, subject, "subject");
  const rules = check(kind.list, allow, "allow").map((rule, index) =>
    checkOptions(`allow[${index}]`, asRule(rule), ruleKinds),
  );
  const whole = createKeyspace();
  const keys: Record<Touched["access"], RangeSet> = {
    read: rangeSet(rules.flatMap(({ read, lock }) => [...selected(read, "read"), ...selected(lock, "lock")])),
    write: rangeSet(rules.flatMap(({ write, lock }) => [...selected(write, "write"), ...selected(lock, "lock")])),
  };
  const mayLease = rules.some(({ lease, lock }) => lease === true || lock !== undefined);
  const levels: Record<Area, Level> = {
    cluster: levelOf(rules, "cluster"),
    maintenance: levelOf(rules, "maintenance"),
    auth: levelOf(rules, "auth"),
  };
  return {
    subject,
    keyspace: namespace === undefined ? whole : whole.within(namespace),
    until: until === undefined ? Infinity : until.getTime(),
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
  return etcdFailure("permissionDenied");
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

function levelOf(rules: readonly Rule[], area: Area): Level {
  const given = rules.map((rule) => rule[area]);
  return given.includes("write") ? "write" : given.includes("read") ? "read" : "none";
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]" && !Number.isNaN(Number(value));
}

function asRule(rule: unknown): Rule {
  return check(kind.object, rule, "allow");
}
