import { runSuites } from "./run-suites.ts";

runSuites([{ version: "3.5", transport: "gateway", members: 3 }]);
