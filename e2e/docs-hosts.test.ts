import { testExamples } from "./doc-examples.ts";

testExamples("docs/hosts.md", {
  "In a Worker": /^false\n$/,
  "In jsdom, happy-dom, iframes and Electron": /^false\nhi\n$/,
});
