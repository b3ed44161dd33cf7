import type { CallOptions } from "./options.ts";
import { type Service, text } from "./service.ts";

export interface VersionV2 {
  /** The member's own version, such as "3.4.23". */
  readonly etcdserver: string;
  /** The version whose features the cluster agrees to use. */
  readonly etcdcluster: string;
}

export interface PlainAnswersV2 {
  version(options?: CallOptions): Promise<VersionV2>;
  /** Whether the member that answers can commit. Where it says that it cannot: `HttpFailure` (503). */
  health(options?: CallOptions): Promise<{ readonly healthy: boolean }>;
}

export function createPlainAnswers(service: Service): PlainAnswersV2 {
  return {
    async version(options) {
      const { etcdserver, etcdcluster } = await service("version", "GET", "/version", options);
      return { etcdserver: text(etcdserver), etcdcluster: text(etcdcluster) };
    },
    async health(options) {
      const { health } = await service("health", "GET", "/health", options);
      // etcd 2 says it as a boolean.
      return { healthy: health === "true" || health === true };
    },
  };
}
