import type { Touched } from "./access.ts";
import type { Access } from "./access.ts";
import { invalidArgument, shown } from "../transport/errors/etcd-error.ts";
import { checkOptions } from "../transport/options.ts";
import type { EtcdOptions } from "../v3/client-options.ts";
import { type Limits, limitsOf, type ProxyLimits } from "./limits.ts";

/** What the proxy decided of one request; never values. */
export interface Decision {
  /** As `authorize` named the caller; empty if it did not. */
  readonly subject: string;
  /** Such as `etcdserverpb.KV/Range`. */
  readonly rpc: string;
  /** In the caller's own names. */
  readonly ranges: readonly Touched[];
  readonly verdict: "allowed" | "denied" | "limited";
  readonly ms: number;
}

export interface ProxyOptions {
  /** The client that asks etcd: options as for `createEtcd`. */
  readonly etcd: EtcdOptions;
  /**
   * Who the caller is and what it may do, by its session, token or whatever you know it by; `null` for nobody. It is
   * asked for each request. `"etcd"`: the caller's own login at etcd decides; the proxy hides addresses, TLS and CORS.
   */
  readonly authorize: "etcd" | ((request: Request) => Access | null | undefined | Promise<Access | null | undefined>);
  /** Origins of the pages that may ask, the proxy's own included. @default [] */
  readonly origins?: readonly string[];
  /** Hosts that requests may be addressed to, as in "app.example". @default all */
  readonly hosts?: readonly string[];
  readonly limits?: ProxyLimits;
  /**
   * A secret of 16 bytes or more, which marks leases with whose they are. Proxies that share it know each other's. @default
   * a random one, so that a restart of the proxy ends the right to leases made before
   */
  readonly leaseKey?: string | Uint8Array;
  /** Told of each request what was decided. */
  readonly onDecision?: (decision: Decision) => void;
}

export interface CheckedOptions {
  readonly etcd: EtcdOptions;
  readonly authorize: ProxyOptions["authorize"];
  readonly origins: readonly string[];
  readonly hosts: readonly string[] | undefined;
  readonly limits: Limits;
  readonly leaseKey: Uint8Array;
  readonly onDecision: ((decision: Decision) => void) | undefined;
}

const names: readonly (keyof ProxyOptions)[] = [
  "etcd",
  "authorize",
  "origins",
  "hosts",
  "limits",
  "leaseKey",
  "onDecision",
];

export function checkProxyOptions(given: ProxyOptions): CheckedOptions {
  const {
    etcd,
    authorize,
    origins = [],
    hosts,
    limits,
    leaseKey,
    onDecision,
  } = checkOptions("createProxy", given, names);
  if (authorize !== "etcd" && typeof authorize !== "function") {
    throw invalidArgument(`authorize: expected a function or "etcd", got ${shown(authorize)}`);
  }
  if (typeof etcd !== "object" || etcd === null) {
    throw invalidArgument(`etcd: expected the options of a client, got ${shown(etcd)}`);
  }
  if (etcd.namespace !== undefined)
    throw invalidArgument("etcd.namespace: not here; authorize gives each caller its own");
  if (authorize === "etcd" && etcd.auth !== undefined) {
    throw invalidArgument('etcd.auth: not together with authorize "etcd": each caller has a login of its own');
  }
  if (onDecision !== undefined && typeof onDecision !== "function") {
    throw invalidArgument(`onDecision: expected a function, got ${shown(onDecision)}`);
  }
  for (const [name, list] of Object.entries({ origins, hosts })) {
    if (list !== undefined && !Array.isArray(list))
      throw invalidArgument(`${name}: expected a list, got ${shown(list)}`);
  }
  return { etcd, authorize, origins, hosts, limits: limitsOf(limits), leaseKey: keyOf(leaseKey), onDecision };
}

function keyOf(leaseKey: string | Uint8Array | undefined): Uint8Array {
  if (leaseKey === undefined) return crypto.getRandomValues(new Uint8Array(32));
  const bytes = typeof leaseKey === "string" ? new TextEncoder().encode(leaseKey) : leaseKey;
  if (ArrayBuffer.isView(bytes) && bytes.byteLength >= 16) return new Uint8Array(bytes);
  throw invalidArgument("leaseKey: expected a secret of 16 bytes or more");
}
