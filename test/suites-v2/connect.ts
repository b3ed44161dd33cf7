import { expect } from "vitest";
import type { EtcdV2, EtcdV2Options } from "../../src/v2/index.ts";
import { limit } from "../suites/tools.ts";

/** What a suite may ask about the server, where behaviour rightly differs. */
export interface TargetV2 {
  /** Such as "3.4" or "3.5". */
  readonly version: string;
  readonly members: number;
  readonly endpoints: readonly string[];
  /** The client is in a page of another origin, which etcd lets read no header of its answers. */
  readonly crossOrigin?: boolean;
  /** Whether authentication is on, with `rootUser` as root. */
  readonly auth: boolean;
  /** The way to the server, for tests that watch what passes. */
  readonly fetch: NonNullable<EtcdV2Options["fetch"]>;
}

/** How a suite of v2 gets its clients. The same body runs against every server. */
export interface ConnectV2 {
  readonly target: TargetV2;
  /** A client of a server that other tests use as well. It is closed after the test. */
  (options?: Partial<EtcdV2Options>): EtcdV2;
}

/** Declares the tests of one part of the client. Called inside of a `describe`. */
export type SuiteV2 = (connect: ConnectV2) => void;

/** The root user, where authentication is on. */
export const rootUser = { username: "root", password: "root-password" } as const;

/** What a test shows that has fewer connections than it would take elsewhere. */
export const sixConnections = "v2: a page has six connections, and each poll holds one";

/**
 * Whether a test can read the headers of etcd's answers, which tell the index of the store. Where it cannot, it says so,
 * and has to show what there is instead: it fails once they can be read.
 */
export function readsHeaders({ target }: ConnectV2): boolean {
  if (target.crossOrigin === true) limit("v2: headers that a page cannot read");
  return target.crossOrigin !== true;
}

/** What is left of a time to live that was set just now, in seconds, as a slow machine answers it too: up to 5 less. */
export function leftOf(ttl: number): number {
  return expect.closeTo(ttl, -1) as number;
}

let counter = 0;

/** A directory that no other test uses; it is not there yet. */
export function freshDir(): string {
  return `/test-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${++counter}`;
}
