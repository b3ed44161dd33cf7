import { testExamples } from "./doc-examples.ts";

testExamples("docs/cache.md", { "Keep a range": /^green 1 live\nsettings\/color blue\n$/ });
