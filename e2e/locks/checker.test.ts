import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, election, type Etcd } from "../../src/index.ts";
import { type Etcd as Rig, startEtcd } from "../etcd.ts";
import { faultProxy, type FaultProxy } from "../fault-proxy.ts";
import { history } from "../faults/ground-truth.ts";
import { poll } from "../poll.ts";
import { type Children, type Said, startChildren } from "./children.ts";
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

  /** One fault after the other, for so long. Resolves with how many of each kind there were. */
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
    for (let i = 0; Date.now() < end; i++) {
      const kind = any(Object.keys(kinds).slice(i % 2 === 0 ? 0 : 3));
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      await kinds[kind]?.();
      await sleep(Math.random() * 500);
    }
    await sleep(1000);
    return counts;
  }

  /** The holder was told before the key was gone, unless it stood still, was killed, or somebody else deleted the key. */
  function toldTooLate(those: Children, prefix: string): Said[] {
    return those.said.filter(({ type, key = "", token = "", pid, at }) => {
      if (type !== "ended") return false;
      const gone = deletedAt.get(`${prefix}${key}@${token}`);
      const stoodStill = those.freezes.some(
        (freeze) => freeze.pid === pid && at >= freeze.from && at <= freeze.to + 2000,
      );
      return gone !== undefined && at > gone && !stoodStill;
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
    return async () => {
      await watch.cancel();
      await noting.catch(() => undefined);
    };
  }

  it("locks: tokens grow, no stale holder's guarded write lands, every holder is told before its key is gone", async () => {
    const prefix = "locks/";
    const names = ["a", "b", "c"];
    const stop = await noteDeletes(prefix);
    const those = startChildren("lock-child.ts", 6, (i) => [endpoints(i), prefix, names.join()]);
    children = those;
    await poll("all work", 30_000, () => (new Set(those.said.map(({ pid }) => pid)).size === 6 ? true : undefined));
    const counts = await faults(those);
    await those.stop();
    expect(those.errors).toBe("");
    const all = await history(rig, prefix, 1n);
    for (const name of names) {
      const { violations, tokens } = replay(all, `${prefix}${name}/`, `${prefix}log/${name}`);
      expect(violations).toEqual([]);
      expect(tokens.length, name).toBeGreaterThan(5);
    }
    expect(those.said.filter(({ type }) => type === "untold")).toEqual([]);
    expect(toldTooLate(those, prefix)).toEqual([]);
    await poll("no key is left", 20_000, async () =>
      (await Promise.all(names.map((name) => outside.count({ prefix: `${prefix}${name}/` })))).every((n) => n === 0n)
        ? true
        : undefined,
    );
    await stop();
    const held = those.said.filter(({ type }) => type === "held").length;
    console.log(`locks: ${held} holds,`, Object.fromEntries(counts));
  }, 300_000);

  it("elections: never two leaders by token, every change is observed in order, no candidate is left behind", async () => {
    const prefix = "offices/";
    const stop = await noteDeletes(prefix);
    const observer = createEtcd({ endpoints: endpoints(0).split(","), namespace: prefix });
    const seen: string[] = [];
    const observing = (async () => {
      for await (const leader of election(observer, "office").observe()) {
        seen.push(leader === null ? "null" : `${prefix}${leader.key}@${leader.value.modRevision}`);
      }
    })();
    observing.catch(() => undefined);
    await poll("observed", 10_000, () => (seen.length === 1 ? true : undefined));
    const those = startChildren("candidate-child.ts", 3, (i) => [endpoints(i), prefix, `candidate-${i}`]);
    children = those;
    await poll("all are candidates", 30_000, () =>
      new Set(those.said.map(({ pid }) => pid)).size === 3 ? true : undefined,
    );
    const counts = await faults(those);
    await those.stop();
    expect(those.errors).toBe("");
    await poll("no candidate is left", 20_000, async () =>
      (await outside.count({ prefix: `${prefix}office/` })) === 0n ? true : undefined,
    );
    const { violations, firsts, tokens } = replay(
      await history(rig, prefix, 1n),
      `${prefix}office/`,
      `${prefix}log/office`,
    );
    expect(violations).toEqual([]);
    expect(tokens.length).toBeGreaterThan(5);
    expect(toldTooLate(those, prefix)).toEqual([]);
    await poll("all is observed", 20_000, () => (seen.length >= firsts.length ? true : undefined));
    expect(seen).toEqual(firsts);
    await observer.close();
    await stop();
    console.log(`elections: ${tokens.length} leaders, ${firsts.length} changes,`, Object.fromEntries(counts));
  }, 300_000);
});
