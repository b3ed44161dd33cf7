import { EtcdError } from "fetcd";

/** What a person can do about an error. */
export interface Explanation {
  readonly title: string;
  readonly hints: readonly string[];
}

export interface Where {
  readonly endpoint: string;
  /** The origin of the page. */
  readonly origin: string;
  /** Whether `fetcd ui` serves the page and forwards its requests, so that CORS cannot be the reason. */
  readonly hosted?: boolean;
}

/**
 * Explains an error. Browsers do not tell a page why a request failed: a server that does not exist, an untrusted
 * certificate and an origin that CORS forbids give the same error, so the explanation names all of them.
 */
export function explainTrouble(error: unknown, { endpoint, origin, hosted = false }: Where): Explanation {
  if (!EtcdError.is(error)) return { title: error instanceof Error ? error.message : String(error), hints: [] };
  const uncertain =
    error.outcome === "unknown" && error.attempts.length > 0
      ? ["Whether it was applied is not known: look again."]
      : [];
  switch (error.reason) {
    case "Unreachable":
    case "Tls":
      if (hosted) {
        return {
          title: `${endpoint} cannot be reached`,
          hints: ["Is etcd running there? Is `fetcd ui` still running?", error.message],
        };
      }
      return { title: `${endpoint} cannot be reached from this page`, hints: unreachable(endpoint, origin) };
    case "NotEtcd":
    case "MalformedResponse":
    case "RedirectRefused":
      return {
        title: "Something that is not etcd answered",
        hints: [
          error.message,
          "A proxy, a login page of a network, or a wrong port: open the address in a tab and look what is there.",
        ],
      };
    case "AuthFailed":
      return { title: "Wrong user name or password", hints: [] };
    case "UserEmpty":
      return { title: "This etcd wants a user name and a password", hints: [] };
    case "InvalidAuthToken":
    case "AuthOldRevision":
      return { title: "The login is no longer valid", hints: ["Connect again."] };
    case "AuthNotEnabled":
      return { title: "Authentication is off on this etcd", hints: ["Leave user name and password empty."] };
    case "PermissionDenied":
      return { title: "This user may not do that", hints: ["Its roles do not cover the key or the action."] };
    case "NoSpace":
      return {
        title: "The database is full",
        hints: ["Compact and defragment, then clear the alarm in the view Cluster."],
      };
    case "ClusterChanged":
      return { title: "Another cluster answers at this address now", hints: ["Connect again if that is meant."] };
    default:
      return { title: error.message, hints: uncertain };
  }
}

function unreachable(endpoint: string, origin: string): string[] {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const mixed = origin.startsWith("https:") && url?.protocol === "http:";
  return [
    ...(mixed ? ["This page came by https: browsers let it call https addresses only (mixed content)."] : []),
    "Is etcd running there, and does a firewall let this machine through?",
    `Does etcd allow this page's origin? Start it with --cors=${origin} (or *, its default), and authentication on.`,
    ...(url?.protocol === "https:"
      ? [`Is its certificate trusted? Open ${url.origin}/version in a tab and see whether the browser complains.`]
      : []),
  ];
}
