import { testExamples } from "./doc-examples.ts";

// With the SDKs that the page names: @opentelemetry/sdk-trace-base and prom-client.
testExamples("docs/observability.md", {
  "Log what the client does by itself": /^retry Range Unreachable\nnull\n$/,
  "Traces with OpenTelemetry":
    /^LeaseNotFound\netcdserverpb\.KV\/Put ok\netcdserverpb\.Lease\/LeaseRevoke LeaseNotFound\n$/,
  "Metrics with Prometheus":
    /^etcd_client_request_duration_seconds_count\{rpc="Put",reason="none"\} 1\netcd_client_request_duration_seconds_count\{rpc="LeaseRevoke",reason="LeaseNotFound"\} 1\n$/,
});
