import { testExamples } from "./doc-examples.ts";

testExamples("docs/errors.md", {
  "Catch an error": /^LeaseNotFound\nnot-applied\n$/,
  "Large answers": /^(report\/\d ?)+(\n(report\/\d ?)+)+\n$/,
});
