import { describe } from "vitest";
import { storageSuites } from "../test/suites/storage.ts";
import { connectTo } from "./connect-to.ts";

describe.each(["3.4", "3.5"] as const)("etcd %s", (version) => {
  const connect = connectTo({ version, transport: "gateway", members: 1 });
  for (const [name, suite] of Object.entries(storageSuites)) describe(name, () => suite(connect));
});
