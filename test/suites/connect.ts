import type { Etcd, EtcdOptions } from "../../src/index.ts";

/** What a suite may ask about the server and the way to it, where behaviour rightly differs: see known-limits.md. */
export interface Target {
  /** Such as "3.4" or "3.5". */
  readonly version: string;
  readonly transport: "gateway" | "grpc-web" | "grpc";
  readonly members: number;
  /** The client is in a page of another origin: etcd's CORS answer allows no header but its own for a token. */
  readonly crossOrigin?: boolean;
  /** Leases get ids of the server's own, whichever the caller chose. */
  readonly ownLeaseIds?: boolean;
  /** Endpoints that `createEtcd` takes; empty where a transport stands in for them. */
  readonly endpoints: readonly string[];
}

/**
 * How a suite gets its clients. Suites know nothing else of where they run: the same body runs against every server,
 * over every transport and in every runtime.
 */
export interface Connect {
  readonly target: Target;
  /** A client of the whole keyspace of a server that other tests use as well. It is closed after the test. */
  (options?: Partial<EtcdOptions>): Etcd;
}

/** Declares the tests of one part of the client. Called inside of a `describe`. */
export type Suite = (connect: Connect) => void;

let counter = 0;

/** A key prefix that no other test uses. */
export function freshPrefix(): string {
  return `test-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${++counter}/`;
}
