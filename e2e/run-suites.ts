import { describe } from "vitest";
import { shareOf } from "../test/share-of-suites.ts";
import { suites } from "../test/suites/suites.ts";
import { connectTo, type PlaceSetup } from "./connect-to.ts";

/**
 * Declares every suite at each of the places, on one server per place; `shared`: at one of them. (One test file per way to
 * etcd, so that they run side by side.)
 */
export function runSuites(places: readonly PlaceSetup[], { shared = false } = {}): void {
  describe.each(places)("etcd $version over $transport, members: $members", (setup) => {
    const connect = connectTo(setup);
    const chosen = shared ? shareOf(suites, places.indexOf(setup), places.length) : suites;
    for (const [name, suite] of Object.entries(chosen)) describe(name, () => suite(connect));
  });
}
