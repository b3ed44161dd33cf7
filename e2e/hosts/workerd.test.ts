import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { type Etcd as Rig, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { newestDate, startWorkerd, type Workerd } from "../start-workerd.ts";
import { type SlowLogins, slowLogins } from "./slow-logins.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const password = "pw-hosts";
/** What each request gives its calls, in milliseconds: plenty, for a machine that has other things to do. */
const limitMs = 60_000;
/** What a request may take beyond that: this machine is busy. */
const slackMs = 5000;

/** The Worker over the package as it is built, resolved as wrangler does it. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}/e2e/hosts/worker.ts`],
    absWorkingDir: root,
    // The project's own settings would lead its name to src.
    tsconfigRaw: {},
    conditions: ["workerd", "worker", "browser"],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly left?: true;
  /** As the Worker's client saw it, in milliseconds. */
  readonly tookMs: number;
}

describe.each([
  ["2024-09-02", "3.4"],
  [newestDate(), "3.5"],
] as const)("a Worker of compatibility date %s on etcd %s", (compatibilityDate, version) => {
  let rig: Rig;
  let etcd: Etcd;
  let way: SlowLogins;
  let worker: Workerd;

  beforeEach(async () => {
    rig = await startEtcd({ version });
    await rig.enableAuth({ rootPassword: password });
    etcd = createEtcd({ endpoints: rig.endpoints, auth: { username: "root", password } });
    way = await slowLogins(rig.endpoints[0] ?? "");
    const bindings = { ETCD: way.url, USERNAME: "root", PASSWORD: password };
    worker = await startWorkerd({ code: await bundled(), bindings, compatibilityDate });
  });
  afterEach(async () => {
    await worker.close();
    await way[Symbol.asyncDispose]();
    await etcd.close();
    await rig.close();
  });

  /** One request to the Worker; `goneMs`: its client is gone after so long. */
  async function ask(kind: string, params: Record<string, string | number> = {}, goneMs?: number): Promise<Answer> {
    const query = new URLSearchParams({ limit: `${limitMs}` });
    for (const [name, value] of Object.entries(params)) query.set(name, `${value}`);
    const began = performance.now();
    const signal = AbortSignal.timeout(goneMs ?? 2 * limitMs);
    try {
      const response = await fetch(`${worker.url}/${kind}?${query.toString()}`, { signal });
      const text = await response.text();
      if (response.status !== 200) return { error: `HTTP ${response.status}: ${text}`, tookMs: 0 };
      return { ...(JSON.parse(text) as object), tookMs: performance.now() - began };
    } catch (error) {
      if (goneMs !== undefined) return { left: true, tookMs: performance.now() - began };
      return { error: String(error), tookMs: performance.now() - began };
    }
  }

  it("F14: a login that ends with its request holds up no other request", async () => {
    await etcd.put("hosts/read", "hello");
    way.delayMs = 1500;
    expect(await ask("get", { limit: 200 })).toMatchObject({ error: expect.stringMatching(/^Timeout/) });
    way.delayMs = 0;
    const [first, ...more] = await Promise.all([ask("get"), ask("get"), ask("get"), ask("get")]);
    for (const answer of [first, ...more]) expect(answer).toMatchObject({ value: "hello" });
    expect(first.tookMs).toBeLessThan(4000);
    await poll("the first login is given up", 5000, () => way.givenUp || undefined);
    expect([way.answered, way.givenUp]).toEqual([1, 1]);
  });

  it("F14: eight requests at once get a lock one after the other, and leave nothing behind", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask("lock", { key: "eight" })));
    expect(answers.map(({ value, error }) => value ?? error).toSorted((a, b) => Number(a) - Number(b))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(await etcd.count({ prefix: "hosts/lock/" })).toBe(0n);
    expect(await etcd.lease.list()).toEqual([]);
  });

  it("F14: 1,000 overlapping requests, of which 30 % leave early: no request hangs, no event is lost, few logins", async () => {
    for (const key of ["read", "settings/a", "flags/color"]) await etcd.put(`hosts/${key}`, JSON.stringify("green"));
    const { revision } = await etcd.put("hosts/start", "x");
    const from = `${revision + 1n}`;
    const watches = 60;
    // A login is slow in the beginning, and the first ones to ask do not wait for it.
    way.delayMs = 600;
    const early = Promise.all([
      ask("get", { limit: 100 }),
      ask("put", { limit: 100, key: "early" }),
      ask("get", {}, 50),
    ]);

    const staying: (() => Promise<[kind: string, answer: Answer]>)[] = [];
    const leaving: (() => Promise<[kind: string, answer: Answer]>)[] = [];
    const stay = (kind: string, params?: Record<string, string | number>): void =>
      void staying.push(async () => [kind, await ask(kind, params)]);
    for (let i = 0; i < watches; i++) stay("watch", { key: i, from, events: 5 });
    for (let i = 0; i < watches; i++) stay("watchOnce", { key: i, from });
    for (let i = 0; i < 80; i++) stay("lock", { key: i % 10 });
    for (let i = 0; i < 500; i++) stay(["get", "put", "once", "cache", "flags"][i % 5] ?? "", { key: i });
    for (let i = 0; i < 300; i++) {
      const kind = ["get", "put", "once", "watchOnce", "watch", "cache", "flags", "lock"][i % 8] ?? "";
      const params = { key: `leaver-${i}`, from, events: 5 };
      const soonMs = 1 + (i % 100);
      leaving.push(async () => {
        if (i % 3 === 0) return [kind, await ask(kind, params, soonMs)];
        return [kind, await ask(kind, i % 3 === 1 ? { ...params, leave: soonMs } : { ...params, limit: soonMs })];
      });
    }
    // In an order that mixes them, the same for each run.
    const all = [...staying, ...leaving].map((run, i) => ({ run, stays: i < staying.length, at: (i * 7919) % 1000 }));
    all.sort((a, b) => a.at - b.at);
    const under = all.map(async ({ run, stays }) => ({ stays, is: await run() }));
    await early;
    way.delayMs = 0;
    for (let event = 0; event < 5; event++) {
      const writes = Array.from({ length: watches }, (_, i) => etcd.put(`hosts/watch/${i}`, `${event}`));
      await Promise.all(writes);
      // The token is taken away once: a change of the password ends those of the user.
      if (event === 2) await etcd.auth.users.changePassword("root", password);
    }
    const answers = await Promise.all(under);

    const stayed = answers.filter(({ stays }) => stays).map(({ is }) => is);
    expect(stayed.length).toBe(700);
    const failed = stayed.filter(([, { error }]) => error !== undefined);
    expect(failed.map(([kind, { error }]) => `${kind}: ${error}`)).toEqual([]);
    const slow = answers.filter(({ is: [, { tookMs }] }) => tookMs > limitMs + slackMs);
    expect(slow).toEqual([]);
    const of = (kind: string): unknown[] => stayed.filter(([each]) => each === kind).map(([, { value }]) => value);
    expect(of("watch")).toEqual(Array.from({ length: watches }, () => ["0", "1", "2", "3", "4"]));
    expect(of("watchOnce")).toEqual(Array.from({ length: watches }, () => "0"));
    const counts = of("lock").map(Number);
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => Math.floor(i / 10) + 1));
    for (const kind of ["get", "cache"]) expect(new Set(of(kind))).toEqual(new Set(['"green"']));
    expect(way.mostAtOnce).toBeLessThanOrEqual(1);
    // One for each life of a token, but for those given up.
    expect(way.answered).toBeLessThanOrEqual(2);
    expect(worker.log()).not.toContain("hung");
  }, 180_000);
});
