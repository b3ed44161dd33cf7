import { type Etcd, type EtcdOptions, type EtcdVersion, startEtcd } from "../etcd.ts";
import { controlServer } from "./control.ts";
import type { ProvidedEtcd } from "./provided.ts";

/** What the tests inside of a runtime get from outside of it. */
export interface Provided {
  readonly etcds: readonly ProvidedEtcd[];
  readonly etcdsV2: readonly ProvidedEtcd[];
  readonly onlySuites: readonly string[];
  readonly control: string;
}

export const providedVariable = "FETCD_EVERYWHERE";

/** What the process that started this one has running for it. */
export function readProvided(): Provided | undefined {
  const text = process.env[providedVariable];
  return text === undefined ? undefined : (JSON.parse(text) as Provided);
}

/** Starts two servers of each version, one of them for v2, for all suites or only some. */
export async function startProvided(
  versions: readonly EtcdVersion[],
  onlySuites: readonly string[] = [],
): Promise<{ readonly provided: Provided; close(): Promise<void> }> {
  const start = (options: Partial<EtcdOptions>): Promise<readonly Etcd[]> =>
    Promise.all(versions.map((version) => startEtcd({ version, cors: "*", ...options })));
  const [rigs, rigsV2] = await Promise.all([start({}), start({ v2: true })]);
  const provided = (all: readonly Etcd[]): readonly ProvidedEtcd[] =>
    all.map(({ endpoints }, i) => ({ version: versions[i] ?? "", endpoint: endpoints[0] ?? "" }));
  const control = await controlServer();
  return {
    provided: { etcds: provided(rigs), etcdsV2: provided(rigsV2), onlySuites, control: control.url },
    close: async () => {
      await control.close();
      await Promise.all([...rigs, ...rigsV2].map((rig) => rig.close()));
    },
  };
}
