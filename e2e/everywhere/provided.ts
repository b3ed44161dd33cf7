/** A real etcd that the tests inside of a runtime may use as they like; everything a page needs is allowed there. */
export interface ProvidedEtcd {
  readonly version: string;
  readonly endpoint: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    readonly etcds: readonly ProvidedEtcd[];
    /** Others of the same versions that serve v2: what one API does to the health of a server, the other sees. */
    readonly etcdsV2: readonly ProvidedEtcd[];
    /** Which suites run, by {@link suiteName}; all where there is none. */
    readonly onlySuites: readonly string[];
    /** The URL of the server that breaks things. */
    readonly control: string;
    /** How many calls meet mutated answers. */
    readonly hostileRuns: number;
  }
}

/** What a suite is called among those of both APIs. */
export function suiteName(api: "v2" | "v3", name: string): string {
  return `${api} ${name}`;
}

/** Of the suites of one API, those that run. */
export function suitesToRun<T>(
  api: "v2" | "v3",
  suites: Readonly<Record<string, T>>,
  only: readonly string[],
): [string, T][] {
  return Object.entries(suites).filter(([name]) => only.length === 0 || only.includes(suiteName(api, name)));
}
