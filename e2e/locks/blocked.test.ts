import { expect, it } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { runs } from "../../test/recipes/virtual-etcd.ts";
import { type EtcdVersion, startEtcd } from "../etcd.ts";
import { faultProxy, type FaultProxy } from "../fault-proxy.ts";
import { poll } from "../poll.ts";
import { standstillMs, startChildren } from "./children.ts";

/** Holds of one process, and at a time. */
const [perProcess, atATime] = [50, 100];

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Each keeps renewals from being answered in time, from now on. */
const ways: Readonly<Record<string, (proxy: FaultProxy, ttlMs: number) => Promise<void>>> = {
  "all is swallowed": (proxy) => proxy.set({ kind: "blackhole" }),
  "answers are swallowed": (proxy) => proxy.set({ kind: "blackhole", direction: "down" }),
  "answers are lost": (proxy) => proxy.set({ kind: "dropResponse" }),
  "answers are late": (proxy, ttlMs) => proxy.set({ kind: "delay", ms: 2 * ttlMs, direction: "down" }),
  "requests are cut": (proxy) => proxy.set({ kind: "cutRequest", how: "rst" }),
  "nothing is read": (proxy) => proxy.set({ kind: "acceptNoRead" }),
  "nobody listens": async (proxy) => {
    await proxy.set({ kind: "refuse" });
    proxy.cutAll("rst");
  },
};

interface Run {
  readonly name: string;
  readonly way: string;
  readonly ttl: number;
  /** Whether the hold ended before its line was broken. */
  readonly early: boolean;
  /** Milliseconds from when the holder was told to when its key was seen to go. */
  readonly spare: number;
  /** Whether its process stood still for so long that it could not be told in time. */
  readonly stood: boolean;
  /** Whether the key was read after the holder had been told. */
  readonly seen: boolean;
}

/** As many holds at a time, each of a client with a line of its own that breaks at a random moment. */
async function batch(version: EtcdVersion, numbers: readonly number[]): Promise<Run[]> {
  const prefix = "blocked/";
  await using server = await startEtcd({ version });
  await using outside = createEtcd({ endpoints: server.endpoints });
  const goneAt = new Map<string, number>();
  const watch = outside.watch({ prefix }, { only: "delete" });
  await watch.ready;
  const noting = (async () => {
    for await (const { entry } of watch) goneAt.set(entry.key, Date.now());
  })();
  noting.catch(() => undefined);

  const holds = await Promise.all(
    numbers.map(async (i) => {
      const way = Object.keys(ways)[i % Object.keys(ways).length] ?? "";
      return { name: `run-${i}`, ttl: 3 + (i % 3), way, proxy: await faultProxy(server.endpoints[0] ?? "") };
    }),
  );
  const children = startChildren("blocked-child.ts", Math.ceil(holds.length / perProcess), (child) => [
    prefix,
    ...holds
      .slice(child * perProcess, (child + 1) * perProcess)
      .flatMap(({ name, ttl, proxy }) => [name, String(ttl), proxy.url]),
  ]);
  try {
    const runsOf = holds.map(async ({ name, ttl, way, proxy }): Promise<Run> => {
      const said = (type: string) => children.said.find((one) => one.name === name && one.type === type);
      const { key = "" } = await poll(`${name} is held`, 120_000, () => said("held"));
      await sleep(Math.random() * 1200 * ttl);
      // On a machine that is busy a renewal may come too late by itself: that holder has to be told as well.
      const early = said("ended") !== undefined;
      await ways[way]?.(proxy, ttl * 1000);
      const ended = await poll(`${name} is told`, 60_000, () => said("ended"));
      const seen = await outside.has(prefix + key);
      expect(ended.reason).toBe("LockLost");
      const gone = await poll(`the key of ${name} goes`, 60_000, () => goneAt.get(prefix + key));
      const stood = (ended.gap ?? 0) >= standstillMs;
      return { name, way, ttl, early, stood, spare: gone - ended.at, seen };
    });
    await Promise.allSettled(runsOf);
    return await Promise.all(runsOf);
  } finally {
    await children.stop();
    await watch.cancel();
    await Promise.all(holds.map(({ proxy }) => proxy.close()));
    expect(children.errors).toBe("");
  }
}

it(
  "E2: a holder whose renewals do not get through is told before etcd deletes its key, every time",
  async () => {
    const all: Run[] = [];
    for (let from = 0; from < runs; from += atATime) {
      const numbers = Array.from({ length: Math.min(atATime, runs - from) }, (_, i) => from + i);
      const lines = (["3.4", "3.5"] as const).map((version, line) =>
        batch(
          version,
          numbers.filter((i) => i % 2 === line),
        ),
      );
      // Each puts its servers and processes away, whatever becomes of the other.
      await Promise.allSettled(lines);
      all.push(...(await Promise.all(lines)).flat());
    }
    const spares = all.map(({ spare }) => spare).sort((one, other) => one - other);
    const [proven, early, stood] = (["seen", "early", "stood"] as const).map(
      (is) => all.filter((run) => run[is]).length,
    );
    console.log(
      `renewals blocked: ${all.length} runs, in ${proven} the key was read after its holder was told;`,
      `told ${spares[0]} ms before the end at the latest, ${spares[spares.length >> 1]} ms in the middle;`,
      `${early} ended before their line broke, ${stood} in a process that stood still`,
    );
    expect(all.filter((run) => run.spare <= 0 && !run.stood)).toEqual([]);
    // On a machine that is busy a read comes late now and then, and processes stand still; but not always.
    expect(proven).toBeGreaterThan(all.length / 2);
    expect(stood).toBeLessThan(0.9 * all.length);
  },
  120_000 + runs * 1000,
);
