import { testExamples } from "./doc-examples.ts";

// With the SDKs that the page names: @opentelemetry/sdk-trace-base and prom-client.
testExamples("docs/observability.md", {
  "Log what the client does by itself": /^retry Range Unreachable\nnull\n$/,
  "Traces with OpenTelemetry":
    /^LeaseNotFound\netcd Put etcdserverpb\.KV ok\netcd LeaseRevoke etcdserverpb\.Lease LeaseNotFound\n$/,
  "Metrics with Prometheus":
    /^etcd_request_seconds_count\{rpc="Put",reason=""\} 1\netcd_request_seconds_count\{rpc="LeaseRevoke",reason="LeaseNotFound"\} 1\n$/,
});
