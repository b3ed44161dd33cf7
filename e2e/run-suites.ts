import { describe } from "vitest";
import { shareOf } from "../test/share-of-suites.ts";
import { suites } from "../test/suites/suites.ts";
import { connectTo, type TargetSetup } from "./connect-to.ts";

/**
 * Declares every suite at each of the targets, on one server per target. `ways`: each target has its share of the suites, one
 * of so many. (One test file per way to etcd, so that they run side by side.)
 */
export function runSuites(targets: readonly TargetSetup[], { ways }: { readonly ways?: number } = {}): void {
  describe.each(targets)("etcd $version over $transport, members: $members", (setup) => {
    const connect = connectTo(setup);
    const chosen = ways === undefined ? suites : shareOf(suites, targets.indexOf(setup), ways);
    for (const [name, suite] of Object.entries(chosen)) describe(name, () => suite(connect));
  });
}
