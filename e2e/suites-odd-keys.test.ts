import { describe } from "vitest";
import { besideOddKeys } from "../test/suites/beside-odd-keys.ts";
import { shareOf } from "../test/share-of-suites.ts";
import { recipeSuites } from "../test/suites/suites.ts";
import { connectTo } from "./connect-to.ts";

describe("recipes beside keys and values that are not text, empty and 1 MiB large, on etcd 3.5", () => {
  const connect = besideOddKeys(connectTo({ version: "3.5", transport: "gateway", members: 1 }));
  // All of them, beside the same keys, in memory: test/memory/suites.test.ts.
  for (const [name, suite] of Object.entries(shareOf(recipeSuites, 0, 4))) describe(name, () => suite(connect));
});
