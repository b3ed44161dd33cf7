import { describe } from "vitest";
import { suites } from "../test/suites/suites.ts";
import { connectTo, type PlaceSetup } from "./places.ts";

/**
 * Declares every suite at each of the places, on one server per place. (One test file per way to etcd, so that they run
 * side by side.)
 */
export function runSuites(places: readonly PlaceSetup[]): void {
  describe.each(places)("etcd $version over $transport, members: $members", (setup) => {
    const connect = connectTo(setup);
    for (const [name, suite] of Object.entries(suites)) describe(name, () => suite(connect));
  });
}
