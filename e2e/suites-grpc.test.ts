import { runSuites } from "./run-suites.ts";

runSuites([
  { version: "3.4", transport: "grpc", members: 1 },
  { version: "3.5", transport: "grpc", members: 1 },
]);
