import { testExamples } from "./doc-examples.ts";

testExamples("docs/locks.md", {
  "Fencing: the lock holds where the write happens": /^true bigint\n$/,
  "Knowing that it is over": /^written\n$/,
  Elections: /^node-1\n$/,
});
