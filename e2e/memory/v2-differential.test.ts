import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { runs } from "./runs.ts";
import { type Fetch, type V2Answer, v2Answer, type V2Watch, v2Watch } from "./v2-answers.ts";
import { type AuthStep, v2AuthProgram, v2Program, type V2Step } from "./v2-programs.ts";

/** Programs of up to 14 requests each. */
const numRuns = runs(400);
/** Real servers take their time over passwords. */
const authRuns = Math.ceil(numRuns / 40);

describe.each(["3.4", "3.5"] as const)("memory and the v2 API of a real etcd %s, told the same", (version) => {
  let etcd: Etcd;
  let memory: MemoryEtcd;
  let url: string;

  beforeAll(async () => {
    etcd = await startEtcd({ version, v2: true });
    memory = createMemoryEtcd({ version });
    url = etcd.endpoints[0] ?? "";
  });
  afterAll(async () => {
    memory.close();
    await etcd.close();
  });

  /** What both answer, which is the same. */
  async function both(path: string, init: RequestInit, sorted = false): Promise<V2Answer> {
    const [expected, answer] = await Promise.all(
      [fetch as Fetch, memory.fetch].map(async (each) => {
        return v2Answer(await each(url + path, { redirect: "manual", ...init }), sorted);
      }),
    );
    expect(answer, `${init.method} ${path} ${String(init.body)}`).toEqual(expected);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  async function newestIndex(): Promise<number> {
    const response = await memory.fetch(`${url}/v2/keys`);
    return Number(response.headers.get("x-etcd-index"));
  }

  async function run(steps: readonly V2Step[]): Promise<void> {
    const watches: { path: string; real: V2Watch; ours: V2Watch }[] = [];
    for (const { method, path, fields, inBody, wait } of steps) {
      const form = new URLSearchParams(fields(await newestIndex()));
      const whole = inBody || form.size === 0 ? path : `${path}?${form}`;
      if (wait) {
        const [real, ours] = await Promise.all([v2Watch(url + whole, fetch), v2Watch(url + whole, memory.fetch)]);
        expect(ours.head, `GET ${whole}`).toEqual(real.head);
        watches.push({ path: whole, real, ours });
      } else {
        await both(whole, { method, ...(inBody ? { body: form } : {}) }, form.get("sorted") === "true");
      }
    }
    // By the time that this is answered, memory has told what there is to tell; the real server takes its time.
    await both("/v2/keys", { method: "GET" });
    for (const { path, real, ours } of watches) {
      await poll(`both tell the same of ${path}`, 10_000, () => {
        expect({ lines: ours.lines, ended: ours.ended }).toEqual({ lines: real.lines, ended: real.ended });
        return true;
      });
      await Promise.all([real.abort(), ours.abort()]);
    }
  }

  it(`answer the same, and report the same changes, ${numRuns} programs in a row`, { timeout: 3_600_000 }, async () => {
    await fc.assert(fc.asyncProperty(v2Program, run), { numRuns, endOnFailure: true });
    await expect.poll(() => memory.watchers).toBe(0);
  });

  it("count the same in their statistics", async () => {
    const before = await Promise.all([storeStats(fetch), storeStats(memory.fetch)]);
    await fc.assert(fc.asyncProperty(v2Program, run), { numRuns: 20, endOnFailure: true, seed: 1 });
    const grown = (now: Counts, then: Counts = {}): Counts =>
      Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - (then[name] ?? 0)]));
    // The watches that there are, not how many more: one of the test before may not be forgotten yet.
    for (const each of before) each["watchers"] = 0;
    const reads = { getsSuccess: 0, getsFail: 0 };
    // A watch that was left is forgotten a moment later.
    await poll("they count the same", 10_000, async () => {
      const [real, ours] = await Promise.all([storeStats(fetch), storeStats(memory.fetch)]);
      expect({ ...grown(ours, before[1]), ...reads }).toEqual({ ...grown(real, before[0]), ...reads });
      return true;
    });
  });

  type Counts = Record<string, number>;

  async function storeStats(each: Fetch): Promise<Counts> {
    const response = await each(`${url}/v2/stats/store`, {});
    return (await response.json()) as Counts;
  }

  it("expire keys and directories with the same events", async () => {
    const index = await newestIndex();
    const wait = (each: Fetch): Promise<V2Watch> =>
      v2Watch(`${url}/v2/keys/short?wait=true&stream=true&recursive=true&waitIndex=${index + 4}`, each);
    const watches = await Promise.all([wait(fetch), wait(memory.fetch)]);
    await both("/v2/keys/short/file", { method: "PUT", body: new URLSearchParams({ value: "1", ttl: "1" }) });
    await both("/v2/keys/short/dir", { method: "PUT", body: new URLSearchParams({ dir: "true", ttl: "2" }) });
    await both("/v2/keys/short/dir/below", { method: "PUT", body: new URLSearchParams({ value: "1" }) });
    await Promise.all(watches.map((watch) => watch.until(2, false)));
    const [real, ours] = watches;
    expect(ours?.lines).toEqual(real?.lines);
    expect(ours?.lines).toMatchObject([
      { action: "expire", node: { key: "/short/file" } },
      { action: "expire", node: { key: "/short/dir", dir: true } },
    ]);
    await Promise.all(watches.map((watch) => watch.abort()));
    await both("/v2/keys/short?recursive=true", { method: "GET" });
  });

  it("forget events in the same order", { timeout: 120_000 }, async () => {
    const index = await newestIndex();
    for (let i = 0; i < 1000; i += 50) {
      // Each waits for all of its kind: the order of keys that are written at once may differ.
      for (const each of [fetch as Fetch, memory.fetch]) {
        await Promise.all(
          Array.from({ length: 50 }, () => each(`${url}/v2/keys/many`, { method: "PUT" }).then((done) => done.text())),
        );
      }
    }
    const gone = await both(`/v2/keys/many?wait=true&waitIndex=${index}`, { method: "GET" });
    expect(gone.body).toMatchObject({ errorCode: 401 });
    const kept = await both(`/v2/keys/many?wait=true&waitIndex=${index + 1}`, { method: "GET" });
    expect(kept.body).toMatchObject({ action: "set", node: { modifiedIndex: index + 1 } });
  });

  it(`let the same users in, ${authRuns} programs in a row`, { timeout: 3_600_000 }, async () => {
    const root = { authorization: `Basic ${btoa("root:p")}` };
    const runAuth = async (steps: readonly AuthStep[]): Promise<void> => {
      await both("/v2/auth/users/root", { method: "PUT", body: '{"user":"root","password":"p"}' });
      for (const { method, path, body, as } of steps) {
        const headers = as === undefined ? {} : { authorization: `Basic ${btoa(as)}` };
        await both(path, { method, headers, ...(body === "" ? {} : { body }) });
      }
      // Root may have another password by now. Authentication stays on then, and the program ends.
      for (const name of ["p", "q"]) {
        const authorization = `Basic ${btoa(`root:${name}`)}`;
        await both("/v2/auth/enable", { method: "DELETE", headers: { authorization } });
      }
      await both("/v2/auth/users/root", { method: "PUT", headers: root, body: '{"user":"root","password":"p"}' });
    };
    await fc.assert(fc.asyncProperty(v2AuthProgram, runAuth), { numRuns: authRuns, endOnFailure: true });
  });
});
