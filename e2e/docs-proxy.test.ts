import { testExamples } from "./doc-examples.ts";

testExamples("docs/proxy.md", {
  "A proxy, and a client of it": /^\[ 'drafts\/1' \]\nPermissionDenied\n$/,
  "Where etcd's own logins decide": /^401 200\n$/,
  "Workers, with an etcd that the internet does not reach": /^$/,
});
