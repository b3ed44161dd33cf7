import { statfsSync } from "node:fs";
import { freemem, tmpdir } from "node:os";

/** Of the memory, and of the disk in it. A member takes 130 MB before it holds anything; at most twenty run at a time. */
const enough = 6 * 2 ** 30;

/** A disk in memory, as most Linux have it; in containers it is mostly small. */
const inMemory = "/dev/shm";

/**
 * Where servers keep their data: in memory where there is room, for etcd waits for the disk at every write, and each test
 * would. No test takes the power away, so none can tell.
 */
export function dataDisk(): string {
  // In a container the free memory is that of the machine.
  const limit = process.constrainedMemory() || Infinity;
  if (Math.min(freemem(), limit) < enough) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize < enough ? tmpdir() : inMemory;
  } catch {
    return tmpdir();
  }
}
