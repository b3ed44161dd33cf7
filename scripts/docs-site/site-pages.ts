/** A page of the site. */
export interface SitePage {
  /** The Markdown file that it is made of. */
  readonly path: string;
  /** What it is called in the navigation and in the results of the search. */
  readonly title: string;
}

/** The pages of the site besides the README, which is its first page, in the order in which a reader needs them. */
export const sitePages: readonly SitePage[] = [
  { path: "docs/connect.md", title: "Connect" },
  { path: "docs/certificates.md", title: "Client certificates" },
  { path: "docs/keys.md", title: "Keys, transactions, leases" },
  { path: "docs/watch.md", title: "Watch" },
  { path: "docs/cache.md", title: "Cache" },
  { path: "docs/locks.md", title: "Locks and elections" },
  { path: "docs/recipes.md", title: "Recipes" },
  { path: "docs/flags.md", title: "Feature flags" },
  { path: "docs/storage.md", title: "Storage adapters" },
  { path: "docs/v2.md", title: "The v2 API" },
  { path: "docs/proxy.md", title: "Proxy" },
  { path: "ui/README.md", title: "fetcd ui" },
  { path: "docs/cli.md", title: "Command line" },
  { path: "docs/testing.md", title: "Testing" },
  { path: "docs/frameworks.md", title: "Frameworks" },
  { path: "docs/hosts.md", title: "Runtimes" },
  { path: "docs/servers.md", title: "Servers" },
  { path: "docs/observability.md", title: "Observability" },
  { path: "docs/errors.md", title: "Errors and retries" },
  { path: "docs/reasons.md", title: "Error reasons" },
  { path: "docs/troubleshooting.md", title: "Troubleshooting" },
  { path: "docs/migrating.md", title: "Migrating" },
  { path: "docs/comparison.md", title: "Comparison" },
  { path: "docs/versions.md", title: "Versions" },
  { path: "SECURITY.md", title: "Security" },
  { path: "CHANGELOG.md", title: "Changes" },
];
