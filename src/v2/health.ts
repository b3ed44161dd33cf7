import type { JsonFields } from "./json.ts";
import type { CallOptions } from "./client-options.ts";
import { needed, type Service } from "./service.ts";

/** The versions of a member. */
export interface VersionV2 {
  /** The member's own version, such as "3.4.23". */
  readonly etcdserver: string;
  /** The version whose features the cluster agrees to use. */
  readonly etcdcluster: string;
}

/** What members answer beside their API. */
export interface PlainAnswersV2 {
  /** The versions of the member that answers. */
  version(options?: CallOptions): Promise<VersionV2>;
  /** Whether the member that answers can commit. Where it says that it cannot: `HttpFailure` (503). */
  health(options?: CallOptions): Promise<{ readonly healthy: boolean }>;
}

export function createPlainAnswers(service: Service): PlainAnswersV2 {
  return {
    async version(options) {
      const read = ({ etcdserver, etcdcluster }: JsonFields): VersionV2 => ({
        etcdserver: needed(etcdserver),
        etcdcluster: needed(etcdcluster),
      });
      return service("version", { method: "GET", path: "/version", read }, options);
    },
    async health(options) {
      // etcd 2 says it as a boolean.
      const read = ({ health }: JsonFields): { healthy: boolean } => ({
        healthy: typeof health === "boolean" ? health : needed(health) === "true",
      });
      return service("health", { method: "GET", path: "/health", read }, options);
    },
  };
}
