import { testExamples } from "./doc-examples.ts";

testExamples("docs/flags.md", {
  "Read flags": /^20 false live\n$/,
  "Flags in a Worker": /^$/,
  "Start without etcd": /^20 empty\n$/,
  "Different values for different users":
    /^\{\n {2}value: 'one-page',\n {2}variant: 'new',\n {2}reason: 'TARGETING_MATCH',\n {2}metadata: \{\}\n\}\n(classic|one-page)\n$/,
  "A whole flagd file": /^true\n$/,
  "Subscribe to changes": /^\{ type: 'changed', flags: \[ 'banner' \] \} back soon\n$/,
  "Serve flags over OFREP": /^200 \{ key: 'maxItems', value: 20, reason: 'STATIC', metadata: \{\} \}\n$/,
  OpenFeature: /^20\n$/,
  Tests: /^one-page 10\n$/,
});
