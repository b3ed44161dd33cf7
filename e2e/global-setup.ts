import { etcdBinaries } from "./install-etcd.ts";

/** Before any test against real servers: both release lines are there, or the run ends with what to install. */
export async function setup(): Promise<void> {
  await Promise.all([etcdBinaries("3.4"), etcdBinaries("3.5")]);
}
