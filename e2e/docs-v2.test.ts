import { testExamples } from "./doc-examples.ts";

testExamples("docs/v2.md", {
  "etcd's v2 API":
    /^green 60\n\/app\/color = "green" \(index \d+, ttl 60 s\)\n105 \/app\/color not-applied\nset \/app\/color\n$/,
});
