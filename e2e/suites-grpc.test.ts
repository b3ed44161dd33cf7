import { runSuites } from "./run-suites.ts";

// What each line of etcd answers to every suite, e2e/suites-gateway.test.ts holds: this is another way to the same answers.
runSuites(
  [
    { version: "3.4", transport: "grpc", members: 1 },
    { version: "3.5", transport: "grpc", members: 1 },
  ],
  { ways: 2 },
);
