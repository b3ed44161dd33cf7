import { runSuites } from "./run-suites.ts";

// What three members do that one does not, e2e/faults holds.
runSuites([{ version: "3.5", transport: "gateway", members: 3 }], { ways: 4 });
