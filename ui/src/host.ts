import { signal } from "@preact/signals";

/** The configuration that `fetcd ui` gives to its page. */
export interface HostConfig {
  readonly connections: readonly [HostConnection, ...HostConnection[]];
  readonly readOnly: boolean;
}

/** An etcd that the page reaches through its own origin. */
export interface HostConnection {
  readonly name?: string;
  /** Shown to people, not used for requests. */
  readonly endpoints: readonly string[];
  /** Whether it is an etcd in memory with sample data. */
  readonly memory: boolean;
  readonly login?: { readonly username: string; readonly password: string };
}

/** What serves the page: `fetcd ui`, which forwards requests to etcd, or a file server, which does not. */
export type Host =
  | { readonly kind: "ui"; readonly config: HostConfig; readonly fetch: typeof fetch }
  | { readonly kind: "locked" }
  | { readonly kind: "files" };

export const host = signal<Host | undefined>(undefined);

const storedSecret = "fetcd-ui-secret";
const secretInUrl = /^#secret=([\w-]+)$/;

/**
 * Takes the secret from the address that `fetcd ui` printed. It is removed from the URL, so that no link or history keeps
 * it, and stored only for reloads of this tab.
 */
function takeSecret(): string | undefined {
  const given = secretInUrl.exec(location.hash)?.[1];
  if (given === undefined) return sessionStorage.getItem(storedSecret) ?? undefined;
  sessionStorage.setItem(storedSecret, given);
  history.replaceState(null, "", location.pathname + location.search);
  return given;
}

/** Finds out what serves the page. Rejects if that server cannot be reached. */
export async function findHost(secret: string | undefined = takeSecret()): Promise<void> {
  const withSecret: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    if (secret !== undefined) headers.set("x-fetcd-secret", secret);
    return fetch(input, { ...init, headers });
  };
  const response = await withSecret(new URL("/ui/config", location.href));
  const json = response.headers.get("content-type")?.startsWith("application/json") === true;
  if (response.status === 403) {
    sessionStorage.removeItem(storedSecret);
    host.value = { kind: "locked" };
  } else if (response.ok && json) {
    const config = (await response.json()) as HostConfig;
    host.value = { kind: "ui", config, fetch: withSecret };
  } else host.value = { kind: "files" };
}
