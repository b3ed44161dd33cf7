import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, election, type Etcd } from "../../src/index.ts";
import { type Etcd as Rig, startEtcd } from "../etcd.ts";
import { faultProxy, type FaultProxy } from "../fault-proxy.ts";
import { history } from "../faults/ground-truth.ts";
import { poll } from "../poll.ts";
import { type Children, type Said, standstillMs, startChildren } from "./children.ts";
import { replay } from "./replay.ts";

/** How long there are faults, in seconds. */
const seconds = Number(process.env["FETCD_LOCK_SECONDS"] ?? 20);

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe("under kill -9, standing still, resets and lost answers, for holders and for members", () => {
  let rig: Rig;
  let proxies: FaultProxy[];
  let outside: Etcd;
  let children: Children | undefined;
  /** When a delete of a key was seen, by key and the revision. */
  const deletedAt = new Map<string, number>();
  beforeEach(async () => {
    rig = await startEtcd({ version: "3.5", members: 3 });
    proxies = await Promise.all(rig.endpoints.map((url) => faultProxy(url)));
    outside = createEtcd({ endpoints: rig.endpoints });
  });
  afterEach(async () => {
    await children?.stop();
    await outside.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await rig.close();
  });
  const endpoints = (turn: number): string => {
    const urls = proxies.map(({ url }) => url);
    return [...urls.slice(turn % 3), ...urls.slice(0, turn % 3)].join();
  };

  /**
   * One fault after the other, for so long, and each kind at least once: all in a random order before any comes again.
   * Resolves with how many of each kind there were.
   */
  async function faults(those: Children): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
    const kinds: Record<string, () => Promise<void> | void> = {
      "kill a holder": () => those.kill(),
      "freeze a holder": () => those.freeze(4500),
      "freeze a member": async () => {
        const member = any(rig.members);
        member.pause();
        await sleep(2500);
        member.resume();
      },
      "reset connections": () => any(proxies).cutAll("rst"),
      "lose answers": async () => {
        const proxy = any(proxies);
        await proxy.set({ kind: "dropResponse", times: 5 });
        await sleep(500);
        await proxy.set({ kind: "pass" });
      },
      "swallow everything": async () => {
        const proxy = any(proxies);
        await proxy.set({ kind: "blackhole" });
        await sleep(1500);
        await proxy.set({ kind: "pass" });
      },
    };
    const end = Date.now() + seconds * 1000;
    do {
      const order = Object.keys(kinds).map((kind) => [Math.random(), kind] as const);
      for (const [, kind] of order.sort(([one], [other]) => one - other)) {
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
        await kinds[kind]?.();
        await sleep(Math.random() * 500);
      }
    } while (Date.now() < end);
    return counts;
  }

  /** Each process still takes what there is to take: none waits for something that never comes. */
  async function allGoOn(those: Children): Promise<void> {
    const from = Date.now();
    await poll("every process holds something again", 60_000, () =>
      those.pids.every((pid) => those.said.some((one) => one.pid === pid && one.type === "held" && one.at > from))
        ? true
        : undefined,
    );
  }

  /**
   * Holds whose key went before their holder was told. Nobody can tell a process that stands still or is dead: that one
   * has to be told when it goes on, if it does.
   */
  function toldTooLate(those: Children, prefix: string): Said[] {
    return those.said.filter(({ type, key = "", token = "", pid }) => {
      if (type !== "held") return false;
      const gone = deletedAt.get(`${prefix}${key}@${token}`);
      if (gone === undefined) return false;
      const ended = those.said.find((one) => one.type === "ended" && one.pid === pid && one.token === token);
      if (ended !== undefined && (ended.gap ?? 0) >= standstillMs) return false;
      const dead = those.kills.find((kill) => kill.pid === pid)?.at ?? Infinity;
      const freeze = those.freezes.find((one) => one.pid === pid && one.from <= gone && gone <= one.to + 2000);
      const latest = freeze === undefined ? gone : freeze.to + 2000;
      return (ended?.at ?? Infinity) > latest && dead > latest;
    });
  }

  /** Notes when keys vanish. */
  async function noteDeletes(prefix: string): Promise<() => Promise<void>> {
    const created = new Map<string, bigint>();
    const watch = outside.watch({ prefix });
    await watch.ready;
    const noting = (async () => {
      for await (const { type, entry } of watch) {
        if (type === "put") created.set(entry.key, entry.createRevision);
        else deletedAt.set(`${entry.key}@${created.get(entry.key)}`, Date.now());
      }
    })();
    noting.catch(() => undefined);
    return () => watch.cancel();
  }

  const countOf = (those: Children, type: Said["type"]): number => those.said.filter((one) => one.type === type).length;

  /** Those who said that they hold what they never held. */
  const heldUnduly = (those: Children, name: string, holders: ReadonlySet<number>): Said[] =>
    those.said.filter((one) => one.type === "held" && one.name === name && !holders.has(Number(one.token)));

  it("locks: tokens grow, no stale holder's guarded write lands, every holder is told before its key is gone", async () => {
    const prefix = "locks/";
    const names = ["a", "b", "c"];
    const stop = await noteDeletes(prefix);
    const those = startChildren("lock-child.ts", 6, (i) => [endpoints(i), prefix, names.join()]);
    children = those;
    await poll("all work", 60_000, () => (new Set(those.said.map(({ pid }) => pid)).size === 6 ? true : undefined));
    const counts = await faults(those);
    await allGoOn(those);
    await those.stop();
    expect(those.errors).toBe("");
    const all = await history(rig, prefix, 1n);
    for (const name of names) {
      const { violations, tokens, holders } = replay(all, `${prefix}${name}/`, `${prefix}log/${name}`);
      expect(violations).toEqual([]);
      expect(tokens.length, name).toBeGreaterThan(5);
      expect(heldUnduly(those, name, holders)).toEqual([]);
    }
    expect(those.said.filter(({ type }) => type === "untold")).toEqual([]);
    expect(toldTooLate(those, prefix)).toEqual([]);
    // That there was something to be told of, and something to be refused.
    expect(countOf(those, "told")).toBeGreaterThan(0);
    expect(those.said.filter(({ type, wrote }) => type === "stale" && wrote === false).length).toBeGreaterThan(0);
    await poll("no key is left", 20_000, async () =>
      (await Promise.all(names.map((name) => outside.count({ prefix: `${prefix}${name}/` })))).every((n) => n === 0n)
        ? true
        : undefined,
    );
    await stop();
    const [held, told, stale] = (["held", "told", "stale"] as const).map((type) => countOf(those, type));
    console.log(`locks: ${held} holds, ${told} told late, ${stale} stale writes,`, Object.fromEntries(counts));
  }, 300_000);

  it("elections: never two leaders by token, every change is observed in order, no candidate is left behind", async () => {
    const prefix = "candidacies/";
    const stop = await noteDeletes(prefix);
    const observer = createEtcd({ endpoints: endpoints(0).split(","), namespace: prefix });
    const seen: string[] = [];
    const observing = (async () => {
      for await (const leader of election(observer, "leader").observe()) {
        seen.push(leader === null ? "null" : `${prefix}${leader.key}@${leader.value.modRevision}`);
      }
    })();
    observing.catch(() => undefined);
    await poll("observed", 10_000, () => (seen.length === 1 ? true : undefined));
    const those = startChildren("candidate-child.ts", 3, (i) => [endpoints(i), prefix, `candidate-${i}`]);
    children = those;
    await poll("all are candidates", 60_000, () =>
      new Set(those.said.map(({ pid }) => pid)).size === 3 ? true : undefined,
    );
    const counts = await faults(those);
    await allGoOn(those);
    await those.stop();
    expect(those.errors).toBe("");
    await poll("no candidate is left", 20_000, async () =>
      (await outside.count({ prefix: `${prefix}leader/` })) === 0n ? true : undefined,
    );
    const { violations, firsts, holders, tokens } = replay(
      await history(rig, prefix, 1n),
      `${prefix}leader/`,
      `${prefix}log/leader`,
    );
    expect(violations).toEqual([]);
    expect(tokens.length).toBeGreaterThan(5);
    expect(heldUnduly(those, "leader", holders)).toEqual([]);
    expect(those.said.filter(({ type }) => type === "untold" || type === "zombie")).toEqual([]);
    expect(toldTooLate(those, prefix)).toEqual([]);
    await poll("all is observed", 20_000, () => (seen.length >= firsts.length ? true : undefined));
    expect(seen).toEqual(firsts);
    await observer.close();
    await stop();
    console.log(`elections: ${tokens.length} leaders, ${firsts.length} changes,`, Object.fromEntries(counts));
  }, 300_000);
});
