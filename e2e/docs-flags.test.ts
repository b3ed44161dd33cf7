import { testExamples } from "./doc-examples.ts";

testExamples("docs/flags.md", {
  "Read flags": /^20 false live\n$/,
  "Start without etcd": /^20 empty\n$/,
  "Different values for different users":
    /^\{ variant: 'new', reason: 'TARGETING_MATCH', value: 'one-page' \}\n(classic|one-page)\n$/,
  "Be told of changes": /^\{ type: 'changed', flags: \[ 'banner' \] \} back soon\n$/,
  OpenFeature: /^20\n$/,
});
