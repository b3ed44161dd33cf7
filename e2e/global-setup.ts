import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { etcdBinaries } from "./install-etcd.ts";

/**
 * Before any test against real servers: both release lines are there, or the run ends with what to install. What several
 * files share on the disk goes into a folder of the run.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await Promise.all([etcdBinaries("3.4"), etcdBinaries("3.5")]);
  const folder = await mkdtemp(join(tmpdir(), "fetcd-run-"));
  project.provide("runFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
}
