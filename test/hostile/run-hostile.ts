import fc from "fast-check";
import { createEtcd, EtcdError } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { createEtcdV2, EtcdV2Error } from "../../src/v2/index.ts";
import { calls, v2Calls } from "./calls.ts";
import { hostileFetch } from "./hostile-fetch.ts";
import { hostilities, type Hostility } from "./mutate.ts";

/** How long a call may take by its own time limit, in milliseconds. */
const timeoutMs = 100;
/**
 * After how many ticks of a clock it counts as hanging. These are not time that passes while the machine, or the other
 * calls, keep this one from going on: a tick that is late does not come twice.
 */
const patience = { ticks: 100, everyMs: 100 };

export interface HostileCase {
  readonly api: "v3" | "v2";
  readonly call: string;
  readonly retry: boolean;
  readonly batchReads: boolean;
  readonly hostility: Hostility;
}

export const hostileCases: fc.Arbitrary<HostileCase> = fc.oneof(
  { weight: 3, arbitrary: caseOf("v3", Object.keys(calls)) },
  { weight: 2, arbitrary: caseOf("v2", Object.keys(v2Calls)) },
);

function caseOf(api: HostileCase["api"], names: string[]): fc.Arbitrary<HostileCase> {
  return fc.record({
    api: fc.constant(api),
    call: fc.constantFrom(...names),
    retry: fc.boolean(),
    batchReads: fc.boolean(),
    hostility: hostilities,
  });
}

/** A memory with something of everything in it. */
async function furnished(): Promise<MemoryEtcd> {
  const memory = createMemoryEtcd({ seed: 1 });
  const etcd = createEtcd({ fetch: memory.fetch });
  await Promise.all(["a", "dir/x", "dir/y", "dir/sub/z", "flags/on"].map((key) => etcd.put(key, "1")));
  await etcd.lease.grant(60, { id: 7n });
  await etcd.auth.roles.add("role");
  await etcd.auth.roles.grantPermission("role", "read", { prefix: "a" });
  await etcd.auth.users.add("root", "p");
  await etcd.close();
  const v2 = createEtcdV2({ fetch: memory.fetch });
  await v2.set("/a", "1");
  await v2.set("/dir/x/y", "2", { ttl: 100 });
  await v2.close();
  return memory;
}

/** What is wrong with how a call ended, if anything: it may succeed, or fail with an error that is documented. */
async function faultOf({ api, call, retry, batchReads, hostility }: HostileCase): Promise<string | undefined> {
  const memory = await furnished();
  const fetch = hostileFetch(memory.fetch, hostility);
  const controller = new AbortController();
  const enough = new Error("enough");
  const settings = { signal: controller.signal, timeoutMs };
  const timer = setTimeout(() => controller.abort(enough), timeoutMs);
  let clock: ReturnType<typeof setInterval> | undefined;
  const hangs = new Promise<string>((resolve) => {
    let ticks = 0;
    clock = setInterval(() => {
      if (++ticks === patience.ticks) resolve("it does not end");
    }, patience.everyMs);
  });
  const maxResponseBytes = 256 * 1024;
  const v3 = createEtcd({
    fetch,
    batchReads,
    timeoutMs,
    maxResponseBytes,
    maxLineBytes: maxResponseBytes,
    ...(!retry && { retry }),
  });
  const v2 = createEtcdV2({ fetch, timeoutMs, maxResponseBytes, failover: retry });
  const ends = async (): Promise<string | undefined> => {
    try {
      await (api === "v3" ? calls[call]?.(v3, settings) : v2Calls[call]?.(v2, settings));
    } catch (error) {
      if (error === enough || (api === "v3" ? EtcdError.is(error) : EtcdV2Error.is(error))) return undefined;
      return `it ends with ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
    return undefined;
  };
  try {
    return (await Promise.race([ends(), hangs])) ?? pollution();
  } finally {
    clearTimeout(timer);
    clearInterval(clock);
    controller.abort(enough);
    await Promise.all([v3.close(), v2.close()]);
    memory.close();
  }
}

function pollution(): string | undefined {
  return "polluted" in {} ? "Object.prototype was changed" : undefined;
}

/**
 * Runs cases, some at a time, since most of each is waiting, until `count` were run. Rejects with the first that ends wrong.
 */
export async function runHostile(count: number, atOnce: number): Promise<void> {
  const batches = fc.array(hostileCases, { minLength: atOnce, maxLength: atOnce });
  const property = fc.asyncProperty(batches, async (batch) => {
    const faults = await Promise.all(batch.map(faultOf));
    batch.forEach((each, i) => {
      const fault = faults[i];
      if (fault !== undefined) throw new Error(`${each.api} ${each.call}: ${fault}\n${fc.stringify(each)}`);
    });
  });
  const numRuns = Math.ceil(count / atOnce);
  await fc.assert(property, { numRuns, endOnFailure: true });
}
