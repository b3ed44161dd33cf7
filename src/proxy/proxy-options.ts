import type { Access, Touched } from "./caller-rights.ts";
import { invalidArgument } from "../transport/errors/etcd-error.ts";
import * as kind from "../transport/option-kinds.ts";
import { check, checkOptions, type Kinds } from "../transport/options.ts";
import { monotonicMs } from "../transport/clock.ts";
import { isBytes } from "../transport/platform.ts";
import { clientKinds, type EtcdOptions } from "../v3/client-options.ts";
import { type LimitSettings, limitsOf, type ProxyLimits } from "./limits.ts";

/** What the proxy decided of one request; never values. */
export interface Decision {
  /** As `authorize` named the caller; empty if it did not. */
  readonly subject: string;
  /** Such as `etcdserverpb.KV/Range`. */
  readonly rpc: string;
  /** In the caller's own names. */
  readonly ranges: readonly Touched[];
  /** What was decided. `limited`: refused since the caller has reached a limit. */
  readonly verdict: "allowed" | "denied" | "limited";
  /** How long it took from the arrival of the request, in milliseconds. */
  readonly ms: number;
}

/** Options of {@link createProxy}. */
export interface ProxyOptions {
  /** The client that asks etcd: options as for `createEtcd`. */
  readonly etcd: EtcdOptions;
  /**
   * Who the caller is and what it may do, by its session, token or whatever you know it by; `null` for nobody. It is
   * asked for each request, and reads its body, if it has to, from a clone. `"etcd"`: requests go on as they are, with
   * the caller's own token, and etcd decides; the proxy hides addresses, TLS and CORS. Of `etcd` it takes where to ask:
   * `endpoints`, `fetch`, `allowInsecure`, `shareRequests` and `logger`; of `limits`, `totalRequests` and `bodyBytes`.
   */
  readonly authorize: "etcd" | ((request: Request) => Access | null | undefined | Promise<Access | null | undefined>);
  /** Origins of the pages that may ask, the proxy's own included. @default [] */
  readonly origins?: readonly string[];
  /** Hosts that requests may be addressed to: "app.example", or with its port, "app.example:8443". @default all */
  readonly hosts?: readonly string[];
  /** How much each caller, and all together, may ask for. */
  readonly limits?: ProxyLimits;
  /**
   * A secret of 16 bytes or more, which marks leases with whose they are. Proxies that share it know each other's: give
   * one wherever several run, as isolates of a Worker do.
   *
   * @default a random one, so that a restart of the proxy ends the right to leases made before
   */
  readonly leaseKey?: string | Uint8Array;
  /**
   * Told what was decided of each request that `origins` and `hosts` let in, also of one whose caller left before the
   * answer.
   */
  readonly onDecision?: (decision: Decision) => void;
}

/** Tells the audit of one request, whatever that throws: the request may have been executed. */
export function audit(
  onDecision: ProxyOptions["onDecision"],
  rpc: string,
): (verdict: Decision["verdict"], caller?: Pick<Decision, "subject" | "ranges">) => void {
  const began = monotonicMs();
  return (verdict, { subject, ranges } = { subject: "", ranges: [] }) => {
    try {
      onDecision?.({ subject, rpc, ranges, verdict, ms: Math.round(monotonicMs() - began) });
    } catch {
      // What it throws is its own business.
    }
  };
}

export interface CheckedOptions {
  readonly etcd: EtcdOptions;
  readonly authorize: ProxyOptions["authorize"];
  readonly origins: readonly string[];
  readonly hosts: readonly string[] | undefined;
  readonly limits: LimitSettings;
  /** Those that the host named. */
  readonly givenLimits: ProxyLimits;
  /** Made when it is first needed: in Workers nothing is random before the first request. */
  readonly leaseKey: () => Uint8Array;
  /** Whether the host named it. */
  readonly givenLeaseKey: boolean;
  readonly onDecision: ((decision: Decision) => void) | undefined;
}

const proxyKinds: Kinds<ProxyOptions> = {
  etcd: kind.object,
  authorize: {
    expected: 'a function or "etcd"',
    accepts: (value): value is unknown => value === "etcd" || kind.func.accepts(value),
  },
  origins: kind.list,
  hosts: kind.list,
  limits: kind.object,
  leaseKey: { expected: "a secret of 16 bytes or more", accepts: isSecret },
  onDecision: kind.func,
};

export function checkProxyOptions(given: ProxyOptions): CheckedOptions {
  const options = checkOptions("createProxy", given, proxyKinds);
  const { authorize, origins = [], hosts, limits, leaseKey, onDecision } = options;
  check(proxyKinds.authorize, authorize, "authorize");
  const etcd = checkOptions(
    "createProxy",
    check(kind.object, options.etcd, "etcd") as EtcdOptions,
    clientKinds,
    "etcd",
  );
  if (etcd.namespace !== undefined) {
    throw invalidArgument("etcd.namespace: not for a proxy; authorize returns the namespace of each caller");
  }
  if (authorize === "etcd" && etcd.auth !== undefined) {
    throw invalidArgument('etcd.auth and authorize "etcd" exclude each other: each caller logs in');
  }
  return {
    etcd,
    authorize,
    origins,
    hosts,
    limits: limitsOf(limits),
    givenLimits: limits ?? {},
    leaseKey: keyOf(leaseKey),
    givenLeaseKey: leaseKey !== undefined,
    onDecision,
  };
}

function keyOf(leaseKey: string | Uint8Array | undefined): () => Uint8Array {
  let key: Uint8Array | undefined;
  if (leaseKey === undefined) return () => (key ??= crypto.getRandomValues(new Uint8Array(32)));
  const given = typeof leaseKey === "string" ? new TextEncoder().encode(leaseKey) : new Uint8Array(leaseKey);
  return () => given;
}

function isSecret(value: unknown): value is string | Uint8Array {
  return typeof value === "string" ? value.length >= 16 : isBytes(value) && value.length >= 16;
}
