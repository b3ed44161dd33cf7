import { testExamples } from "./doc-examples.ts";

testExamples("docs/locks.md", {
  "Hold a lock": /^true true\n$/,
  "Fencing tokens: the lock holds where the write happens": /^true bigint\n$/,
  "Knowing that it is over": /^written\n$/,
  Elections: /^node-1\n$/,
});
