import { describe, inject, it } from "vitest";
import { runDecoders } from "../../../test/hostile/decoders.ts";
import { runHostile } from "../../../test/hostile/run-hostile.ts";
import "../provided.ts";

// Engines differ in how deep they parse, what they take for a URL and how streams end.

const runs = inject("hostileRuns");

describe("hostile", () => {
  describe("answers", () => {
    it("end calls with an error that is documented, or not at all; none hangs", { timeout: 100_000 + runs * 200 }, () =>
      runHostile(runs, 20),
    );

    it("of DNS services and gRPC-Web proxies end alike", { timeout: 100_000 + runs * 200 }, () =>
      runDecoders(Math.ceil(runs / 20)),
    );
  });
});
