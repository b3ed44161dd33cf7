import { type EtcdVersion, startEtcd } from "../etcd.ts";
import { controlServer } from "./control.ts";
import type { ProvidedEtcd } from "./provided.ts";

/** What the tests inside of a runtime get from outside of it. */
export interface Provided {
  readonly etcds: readonly ProvidedEtcd[];
  readonly control: string;
}

export const providedVariable = "FETCD_EVERYWHERE";

/** What the process that started this one has running for it. */
export function readProvided(): Provided | undefined {
  const text = process.env[providedVariable];
  return text === undefined ? undefined : (JSON.parse(text) as Provided);
}

/** Starts a server of each version. */
export async function startProvided(
  versions: readonly EtcdVersion[],
): Promise<{ readonly provided: Provided; close(): Promise<void> }> {
  const rigs = await Promise.all(
    versions.map((version) => startEtcd({ version, cors: "*", flags: ["--bcrypt-cost=4"] })),
  );
  const etcds = rigs.map((rig, i) => ({ version: versions[i] ?? "", endpoint: rig.endpoints[0] ?? "" }));
  const control = await controlServer();
  return {
    provided: { etcds, control: control.url },
    close: async () => {
      await control.close();
      await Promise.all(rigs.map((rig) => rig.close()));
    },
  };
}
