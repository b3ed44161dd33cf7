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
    /** The URL of the server that breaks things. */
    readonly control: string;
    /** How many calls meet mutated answers. */
    readonly hostileRuns: number;
  }
}
