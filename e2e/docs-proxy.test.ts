import { testExamples } from "./doc-examples.ts";

testExamples("docs/proxy.md", {
  "A proxy, and a client of it": /^\[ 'drafts\/1' \]\nPermissionDenied\n$/,
});
