import { runSuitesV2 } from "./run-suites-v2.ts";

runSuitesV2([
  { version: "3.4", members: 3, auth: true },
  { version: "3.5", members: 3, auth: false },
]);
