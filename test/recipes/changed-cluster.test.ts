import { describe } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { changedCluster } from "./changed-cluster.ts";

describe.each([
  ["another id", 2],
  ["the same id", 1],
])("a cluster in memory that comes back empty, with %s", (_, seed) => {
  changedCluster(() => {
    const [before, after] = [createMemoryEtcd({ seed: 1 }), createMemoryEtcd({ seed })];
    let current = before;
    return Promise.resolve({
      way: { fetch: (input, init) => current.fetch(input, init) },
      change() {
        current = after;
        before.disconnect();
        return Promise.resolve();
      },
    });
  });
});
