import { setTimeout as pause } from "node:timers/promises";
import { createEtcd, EtcdError } from "../../src/index.ts";
import type { Etcd as Server, EtcdMember } from "../etcd.ts";
import type { FaultProxy } from "../fault-proxy.ts";

export interface Victims {
  readonly server: Server;
  /** In front of each member, in the same order. */
  readonly proxies: readonly FaultProxy[];
}

export interface PlagueOptions {
  readonly random: () => number;
  /** Ends it. */
  readonly stop: AbortSignal;
  /** The kinds of faults. Default: all. */
  readonly only?: readonly string[] | undefined;
}

/** One kind of fault: begins at once, and is over when it resolves. */
type Fault = (victims: Victims, at: number, random: () => number) => Promise<void>;

const shortly = (random: () => number): Promise<void> => pause(300 + random() * 1200);

function onMember(begin: (member: EtcdMember) => unknown, end: (member: EtcdMember) => unknown): Fault {
  return async ({ server }, at, random) => {
    const member = server.members[at];
    if (member === undefined) return;
    await begin(member);
    await shortly(random);
    await end(member);
  };
}

function onProxy(begin: (proxy: FaultProxy, random: () => number) => unknown): Fault {
  return async ({ proxies }, at, random) => {
    const proxy = proxies[at];
    if (proxy === undefined) return;
    await begin(proxy, random);
    await shortly(random);
    await proxy.set({ kind: "pass" });
  };
}

/** A pause that ends: not for releases whose pauses are not safe. */
const wakes = "SIGSTOP, SIGCONT";

/** What goes wrong, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  "kill -9": onMember(
    (member) => member.kill(),
    (member) => member.start(),
  ),
  "SIGTERM and start": onMember(
    (member) => member.stop(),
    (member) => member.start(),
  ),
  [wakes]: onMember(
    (member) => member.pause(),
    (member) => member.resume(),
  ),
  // It stands still, for its peers and clients alike, and never goes on, so that it cannot answer with what was.
  "SIGSTOP, kill -9": onMember(
    (member) => member.pause(),
    async (member) => {
      await member.kill();
      await member.start();
    },
  ),
  partition: onMember(
    (member) => member.isolate(),
    (member) => member.heal(),
  ),
  "leader moves": async ({ server }, at, random) => {
    await using etcd = createEtcd({ endpoints: server.endpoints, timeoutMs: 2000 });
    try {
      const id = (await etcd.cluster.members())[at]?.id;
      if (id !== undefined) await etcd.maintenance.moveLeader(id);
    } catch (error) {
      // In this weather the leader may be another one by now, or that member behind.
      if (!EtcdError.is(error)) throw error;
    }
    await shortly(random);
  },
  "connections refused": onProxy(async (proxy) => {
    await proxy.set({ kind: "refuse" });
    proxy.cutAll("rst");
  }),
  "connections reset": onProxy((proxy) => proxy.cutAll("rst")),
  "connections ended": onProxy((proxy) => proxy.cutAll("fin")),
  "answers lost": onProxy((proxy) => proxy.set({ kind: "dropResponse" })),
  "requests cut": onProxy((proxy) => proxy.set({ kind: "cutRequest", how: "rst" })),
  "black hole": onProxy((proxy) => proxy.set({ kind: "blackhole" })),
  "answers held back": onProxy((proxy) => proxy.set({ kind: "blackhole", direction: "down" })),
  delay: onProxy((proxy, random) => proxy.set({ kind: "delay", ms: 20 + random() * 200 })),
  "answers cut": onProxy((proxy, random) =>
    proxy.set({ kind: "cutAfter", bytes: Math.floor(random() * 2000), how: random() < 0.5 ? "rst" : "fin" }),
  ),
};

/**
 * Releases whose members, when they wake from a pause, answer reads with what was true before (etcd#20418): there a
 * stale read is not a fault of the client.
 */
export function pausesAreSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3 || minor > 5) return true;
  return minor === 5 ? patch > 27 : patch > 41;
}

/** One fault after the other, on a member or a proxy each, until it is told to stop; then all is well again. */
export async function plague(
  victims: Victims,
  { random, stop, only = Object.keys(faults) }: PlagueOptions,
  told: (fault: string) => void,
): Promise<void> {
  const unknown = only.find((name) => !Object.hasOwn(faults, name));
  if (unknown !== undefined) throw new RangeError(`no such fault: ${unknown}`);
  const kinds = only.filter((name) => name !== wakes || pausesAreSafe(victims.server.version));
  if (kinds.length === 0) throw new RangeError(`etcd ${victims.server.version} cannot be judged after "${wakes}"`);
  let order: string[] = [];
  while (!stop.aborted) {
    // Each kind once, in a random order, before any comes again.
    if (order.length === 0)
      order = kinds
        .map((kind) => [random(), kind] as const)
        .sort(([a], [b]) => a - b)
        .map(([, kind]) => kind);
    const kind = order.pop() ?? "";
    told(kind);
    await faults[kind]?.(victims, Math.floor(random() * victims.proxies.length), random);
    await pause(100 + random() * 400);
  }
}
