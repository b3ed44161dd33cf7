import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { lostAnswer } from "../transport/network-failures.ts";

/** Numbers from 0 to 1 in an order that the seed fixes. */
export function randomOf(seed: number): () => number {
  let state = ((seed >>> 0) % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

export interface LossyEtcd extends AsyncDisposable {
  readonly memory: MemoryEtcd;
  /** A client of its own, with a budget for retries of its own, which loses answers and sends requests twice. */
  client(): Etcd;
  /** Loses none. */
  readonly truth: Etcd;
  readonly lost: number;
}

/**
 * An etcd in memory whose network loses every eighth answer to a write or read, and sends every sixteenth request a
 * second time, as browsers do by themselves.
 */
export function lossyEtcd(seed: number): LossyEtcd {
  const memory = createMemoryEtcd({ seed });
  const random = randomOf(seed);
  let lost = 0;
  const lossy: MemoryEtcd["fetch"] = async (input, init) => {
    const suffers = /\/v3\/(kv|lease)\//.test(String(input));
    const [loses, replays] = [random() < 1 / 8, random() < 1 / 16];
    if (suffers && replays) await (await memory.fetch(input, init)).arrayBuffer();
    const response = await memory.fetch(input, init);
    if (!suffers || !loses) return response;
    lost++;
    await response.arrayBuffer();
    throw lostAnswer();
  };
  const open: Etcd[] = [];
  function client(fetch: MemoryEtcd["fetch"]): Etcd {
    const etcd = createEtcd({ fetch, retry: { baseMs: 1, capMs: 4 } });
    open.push(etcd);
    return etcd;
  }
  return {
    memory,
    client: () => client(lossy),
    truth: client(memory.fetch),
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((etcd) => etcd.close()));
      memory.close();
    },
  };
}

/** Keys under a prefix, as soon as there are none; what is left after a second. */
export async function leftovers(etcd: Etcd, prefix: string): Promise<string[]> {
  const deadline = performance.now() + 3000;
  for (;;) {
    const keys = await etcd.keys({ prefix });
    if (keys.length === 0 || performance.now() > deadline) return keys;
  }
}
