import { runSuites } from "./run-suites.ts";

// The proxy that speaks gRPC-Web passes on what e2e/suites-grpc.test.ts has of both lines: half of the suites a day.
runSuites(
  [
    { version: "3.4", transport: "grpc-web", members: 1 },
    { version: "3.5", transport: "grpc-web", members: 1 },
  ],
  { ways: 4 },
);
