import { runSuitesV2 } from "./run-suites-v2.ts";

// One member of either line takes every suite in e2e/suites-v2.test.ts: half of them a day.
runSuitesV2(
  [
    { version: "3.4", members: 3, auth: true },
    { version: "3.5", members: 3, auth: false },
  ],
  { ways: 4 },
);
