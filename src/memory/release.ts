import type { Dialect } from "../gateway-server/dialect.ts";

/** A line of etcd's releases, as far as its answers differ from others'. */
export interface Release {
  /** The version in the answers of /version and Status. */
  readonly version: string;
  /** The dialect of the official binaries. */
  readonly dialect: Dialect;
  /** Paths that the gateway of this release lacks. */
  readonly missing: ReadonlySet<string>;
  /** Whether answers have the fields of 3.4, and callers without a token its rights. */
  readonly before35: boolean;
  readonly since36: boolean;
}

/** The lines of etcd's releases whose answers the memory server can give. */
export type ReleaseName = "3.4" | "3.5" | "3.6";

const since35 = ["/v3/auth/status", "/v3/maintenance/hashkv", "/v3/maintenance/downgrade"];
const nothing: ReadonlySet<string> = new Set();

export const releases: Readonly<Record<ReleaseName, Release>> = {
  "3.4": { version: "3.4.23", dialect: "gateway1", missing: new Set(since35), before35: true, since36: false },
  "3.5": { version: "3.5.16", dialect: "gateway1", missing: nothing, before35: false, since36: false },
  "3.6": { version: "3.6.14", dialect: "gateway2", missing: nothing, before35: false, since36: true },
};
