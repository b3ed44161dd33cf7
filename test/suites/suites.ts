import { authSuite } from "./auth.ts";
import { batchReadSuite } from "./batch-reads.ts";
import { cacheSuite } from "./cache.ts";
import { clientSuite } from "./client.ts";
import { clusterSuite } from "./cluster.ts";
import type { Suite } from "./connect.ts";
import { exactlyOnceSuite } from "./exactly-once.ts";
import { flagSuite } from "./flags.ts";
import { kvSuite } from "./kv.ts";
import { leaseSuite } from "./lease.ts";
import { maintenanceSuite } from "./maintenance.ts";
import { namespaceSuite } from "./namespace.ts";
import { outlastingSuite } from "./outlasting.ts";
import { electionSuite } from "./recipes-election.ts";
import { oddRecordSuite } from "./odd-records.ts";
import { mutexSuite } from "./recipes-mutex.ts";
import { sessionSuite } from "./recipes-session.ts";
import { barrierSuite } from "./recipes-barrier.ts";
import { counterSuite } from "./recipes-counter.ts";
import { doubleBarrierSuite } from "./recipes-double-barrier.ts";
import { queueSuite } from "./recipes-queue.ts";
import { registrySuite } from "./recipes-registry.ts";
import { rwLockSuite } from "./recipes-rw-lock.ts";
import { semaphoreSuite } from "./recipes-semaphore.ts";
import { transactSuite } from "./recipes-transact.ts";
import { txnSuite } from "./txn.ts";
import { watchSuite } from "./watch.ts";

/** Those of recipes, which read what lies below a name of their own. */
export const recipeSuites: Readonly<Record<string, Suite>> = {
  session: sessionSuite,
  mutex: mutexSuite,
  election: electionSuite,
  transact: transactSuite,
  counter: counterSuite,
  queue: queueSuite,
  barrier: barrierSuite,
  doubleBarrier: doubleBarrierSuite,
  rwLock: rwLockSuite,
  semaphore: semaphoreSuite,
  registry: registrySuite,
  cache: cacheSuite,
};

/** Every suite there is: each target that runs suites runs these. The last ones change what the others rely on. */
export const suites: Readonly<Record<string, Suite>> = {
  client: clientSuite,
  kv: kvSuite,
  txn: txnSuite,
  watch: watchSuite,
  namespace: namespaceSuite,
  exactlyOnce: exactlyOnceSuite,
  batchReads: batchReadSuite,
  lease: leaseSuite,
  ...recipeSuites,
  oddRecords: oddRecordSuite,
  outlasting: outlastingSuite,
  flags: flagSuite,
  cluster: clusterSuite,
  maintenance: maintenanceSuite,
  auth: authSuite,
};
