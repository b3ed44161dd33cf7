import { testExamples } from "./doc-examples.ts";

testExamples("docs/cache.md", {
  "Keep a range": /^green 1 live\nsettings\/color blue\n$/,
  "Check values by a schema": /^\{ mb: 20 \}\n20 InvalidValue\n$/,
});
