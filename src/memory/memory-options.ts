import * as kind from "../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../transport/options.ts";
import type { Dialect } from "../gateway-server/dialect.ts";
import type { GatewaySettings } from "./gateway/gateway.ts";
import { randomSeed } from "./ids.ts";
import { type ReleaseName, releases } from "./release.ts";
import type { Settings } from "./server.ts";

/** Options of {@link createMemoryEtcd}. */
export interface MemoryEtcdOptions {
  /**
   * `"real"`: leases and tokens end when their time is over. `"virtual"`: time stands still but for `advance`, which
   * jumps ahead with either.
   *
   * @default "real"
   */
  readonly clock?: "real" | "virtual";
  /** The same number gives the same ids of cluster, member and leases, and the same tokens. @default a random one */
  readonly seed?: number;
  /** The line of etcd's releases whose answers are given. @default "3.6" */
  readonly version?: ReleaseName;
  /** How the JSON gateway words its errors. @default as the official binary of the version does */
  readonly dialect?: Dialect;
  /** The origins whose pages may call. @default "*", as with etcd */
  readonly cors?: "*" | readonly string[];
  /**
   * Serve the v2 API, whose keys are others than those of v3. Real servers need a flag, and have none since 3.6:
   * that version answers as 3.4.
   *
   * @default true
   */
  readonly v2?: boolean;
  /** Bytes that the database may have before it takes no more writes. @default 2 GiB */
  readonly quotaBytes?: number;
  /** Operations in a branch of a transaction. @default 128 */
  readonly maxTxnOps?: number;
  /** Bytes of a request. @default 1.5 MiB */
  readonly maxRequestBytes?: number;
  /** Seconds that a lease gets at least. @default 2, which etcd gives with its usual election time-out */
  readonly minLeaseTtl?: number;
  /** Seconds that a token lives without use. @default 300 */
  readonly authTokenTtl?: number;
  /** Milliseconds between the progress answers of a quiet watch that asked for them. @default 10 minutes */
  readonly progressNotifyMs?: number;
}

const memoryKinds: Kinds<MemoryEtcdOptions> = {
  clock: kind.oneOf(["real", "virtual"]),
  seed: kind.anything,
  version: kind.oneOf(Object.keys(releases)),
  dialect: kind.anything,
  cors: { expected: '"*" or a list of origins', accepts: (value) => value === "*" || kind.list.accepts(value) },
  v2: kind.boolean,
  quotaBytes: kind.positive,
  maxTxnOps: kind.positive,
  maxRequestBytes: kind.positive,
  minLeaseTtl: kind.positive,
  authTokenTtl: kind.positive,
  progressNotifyMs: kind.positive,
};

/** With the defaults. Throws `InvalidArgument` for an option or a value that does not exist. */
export function settingsOf(given: MemoryEtcdOptions): { server: Settings; gateway: GatewaySettings } {
  const options = checkOptions("createMemoryEtcd", given, memoryKinds);
  const { clock = "real", seed = randomSeed(), version = "3.6", cors = "*", v2 = true } = options;
  const release = releases[version];
  return {
    server: {
      clock,
      seed,
      release,
      quotaBytes: options.quotaBytes ?? 2 * 1024 ** 3,
      maxTxnOps: options.maxTxnOps ?? 128,
      maxRequestBytes: options.maxRequestBytes ?? 1.5 * 1024 ** 2,
      minLeaseTtl: options.minLeaseTtl ?? 2,
      authTokenTtl: options.authTokenTtl ?? 300,
      progressNotifyMs: options.progressNotifyMs ?? 600_000,
    },
    gateway: { dialect: options.dialect ?? release.dialect, cors, v2 },
  };
}
