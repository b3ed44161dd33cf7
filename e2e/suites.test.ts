import { describe } from "vitest";
import { suites } from "../test/suites/suites.ts";
import { connectTo, type PlaceSetup } from "./places.ts";

const places: readonly PlaceSetup[] = [
  { version: "3.4", transport: "gateway", members: 1 },
  { version: "3.5", transport: "gateway", members: 1 },
  { version: "3.4", transport: "grpc-web", members: 1 },
  { version: "3.5", transport: "grpc-web", members: 1 },
  { version: "3.4", transport: "grpc", members: 1 },
  { version: "3.5", transport: "grpc", members: 1 },
  { version: "3.5", transport: "gateway", members: 3 },
];

describe.each(places)("etcd $version over $transport, members: $members", (setup) => {
  const connect = connectTo(setup);
  for (const [name, suite] of Object.entries(suites)) describe(name, () => suite(connect));
});
