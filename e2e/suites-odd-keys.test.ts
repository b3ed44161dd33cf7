import { describe } from "vitest";
import { besideOddKeys } from "../test/suites/beside-odd-keys.ts";
import { recipeSuites } from "../test/suites/suites.ts";
import { connectTo } from "./connect-to.ts";

describe("recipes beside keys and values that are no text, empty and 1 MiB large, on etcd 3.5", () => {
  const connect = besideOddKeys(connectTo({ version: "3.5", transport: "gateway", members: 1 }));
  for (const [name, suite] of Object.entries(recipeSuites)) describe(name, () => suite(connect));
});
