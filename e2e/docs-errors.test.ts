import { testExamples } from "./doc-examples.ts";

testExamples("docs/errors.md", {
  "Large answers": /^(report\/\d ?)+(\n(report\/\d ?)+)+\n$/,
});
