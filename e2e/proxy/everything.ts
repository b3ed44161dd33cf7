import type { createProxy, EtcdProxy, ProxyOptions } from "../../src/proxy/index.ts";

const allow = [
  { read: { all: true }, write: { all: true }, lease: true, cluster: "write", maintenance: "write", auth: "write" },
] as const;

/** A proxy that lets its caller do everything, below a namespace where the path begins with "/tenant/". */
export function letEverything(create: typeof createProxy, endpoint: string): EtcdProxy {
  const options: ProxyOptions = {
    etcd: { endpoints: endpoint },
    authorize(request) {
      const tenant = new URL(request.url).pathname.startsWith("/tenant/");
      return { subject: "tester", allow, ...(tenant ? { namespace: "tenants/a/" } : {}) };
    },
    leaseKey: "known to all isolates",
    limits: {
      requests: 1e6,
      totalRequests: 1e6,
      watches: 1e6,
      totalWatches: 1e6,
      leases: 1e6,
      totalLeases: 1e6,
      perSecond: 1e9,
      burst: 1e9,
      totalPerSecond: 1e9,
      totalBurst: 1e9,
      bodyBytes: 1e9,
    },
  };
  return create(options);
}
