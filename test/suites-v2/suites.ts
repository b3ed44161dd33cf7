import { authSuite } from "./auth.ts";
import { clusterSuite } from "./cluster.ts";
import type { SuiteV2 } from "./connect.ts";
import { keySuite } from "./keys.ts";
import { lockSuite } from "./locks.ts";
import { ttlSuite } from "./ttl.ts";
import { watchSuite } from "./watch.ts";

/** Every suite of v2: each target that runs suites runs these. The last one turns authentication on and off. */
export const suitesV2: Readonly<Record<string, SuiteV2>> = {
  keys: keySuite,
  ttl: ttlSuite,
  watch: watchSuite,
  locks: lockSuite,
  cluster: clusterSuite,
  auth: authSuite,
};
