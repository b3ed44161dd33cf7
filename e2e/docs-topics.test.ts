import { testExamples } from "./doc-examples.ts";

testExamples("docs/keys.md", {
  "Keys and values": /^green \d+n\n$/,
  "Change a value without losing another's change": /^sold one\n9\n$/,
  "Keys that expire (leases and TTLs)": /^\[ 'online\/alice' \] false\n$/,
});
testExamples("docs/watch.md", { "Watch a range": /^put feature\/dark-mode \d+n\n$/ });
testExamples("docs/connect.md", { "Where etcd is": /^https:\/\/etcd-1\.example:2379\n$/ });
testExamples("docs/testing.md", { "Leases, clocks and faults": /^false\nunknown\n$/ });
testExamples("docs/troubleshooting.md", { "BigInt cannot be serialized": /^green\n\{"version":"1"\}\n$/ });
// With the packages that the page names: unstorage and keyv.
testExamples("docs/storage.md", {
  unstorage: /^update users:1\n\{ name: 'Ann' \} \[ 'users:1' \]\ntrue\n$/,
  Keyv: /^\{ name: 'Ann' \}\n1 Ann\nundefined 0n\n$/,
});
