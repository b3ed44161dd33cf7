import { describe, expect, it, onTestFinished } from "vitest";
import type { Fetch } from "../../src/transport/http/fetch.ts";
import { op } from "../../src/index.ts";
import { createEtcd } from "../../src/v3/client.ts";
import type { GatewayOptions } from "../../src/v3/client-options.ts";
import { etcdErrorOf } from "../transport/etcd-error.ts";

const [one, two] = ["http://127.0.0.1:1001", "http://127.0.0.1:1002"];

/** Members that answer with the revision they are at. */
function cluster(at: Record<string, number>, options: GatewayOptions = {}, hold?: (request: number) => Promise<void>) {
  const sent: string[] = [];
  const fetch: Fetch = async (url) => {
    const { origin, pathname } = new URL(url);
    sent.push(origin);
    await hold?.(sent.length);
    const header = { cluster_id: "1", revision: `${at[origin] ?? 0}` };
    const answer = pathname.endsWith("/txn") ? { succeeded: true, responses: [{ response_range: { header } }] } : {};
    return Response.json({ header, ...answer });
  };
  const etcd = createEtcd({ endpoints: [one, two], fetch, monotonicReads: true, ...options });
  onTestFinished(() => etcd.close());
  return { etcd, sent, at };
}

const stale = { serializable: true } as const;

describe("with monotonicReads", () => {
  it("a serializable read leaves a member that is behind what was seen", async () => {
    const { etcd, sent, at } = cluster({ [one]: 7, [two]: 7 });
    await etcd.put("a", "1");
    at[one] = 6;
    at[two] = 8;
    expect((await etcd.range("a", stale)).revision).toBe(8n);
    expect(sent).toEqual([one, one, two]);
    expect(etcd.endpointInUse).toBe(two);
    // It rests: the next read does not ask it.
    expect((await etcd.range("a", stale)).revision).toBe(8n);
    expect(sent.slice(3)).toEqual([two]);
  });

  it("an answer that comes late counts against the member that gave it, not against the one in use by then", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const hold = (request: number): Promise<void> => (request === 2 ? released : Promise.resolve());
    const { etcd, sent, at } = cluster({ [one]: 7, [two]: 7 }, {}, hold);
    await etcd.put("a", "1");
    at[one] = 6;
    const late = etcd.range("a", stale);
    await expect.poll(() => sent.length).toBe(2);
    await etcd.range("a", stale);
    expect(etcd.endpointInUse).toBe(two);
    release();
    expect((await late).revision).toBe(7n);
    expect([sent, etcd.endpointInUse]).toEqual([[one, one, one, two, two], two]);
  });

  it("a read-only transaction does as well", async () => {
    const { etcd, sent, at } = cluster({ [one]: 7, [two]: 7 });
    await etcd.put("a", "1");
    at[one] = 6;
    const { revision } = await etcd.txn({ then: [op.get("a", stale)] });
    expect([revision, sent]).toEqual([7n, [one, one, two]]);
  });

  it("fails with StaleRead where all stay behind for as long as the call may take", async () => {
    const { etcd, sent, at } = cluster({ [one]: 7, [two]: 7 });
    await etcd.put("a", "1");
    at[one] = at[two] = 6;
    const error = await etcdErrorOf(etcd.get("a", { ...stale, timeoutMs: 300 }));
    expect(error).toMatchObject({ reason: "StaleRead", code: 14, outcome: "not-applied", retryable: true });
    expect(error.message).toMatch(/is behind: at revision 6, while this client has seen 7/);
    expect(error.attempts.slice(0, 2)).toMatchObject([
      { endpoint: one, reason: "StaleRead" },
      { endpoint: two, reason: "StaleRead" },
    ]);
    expect(new Set(sent)).toEqual(new Set([one, two]));
  });

  it("waits for the only member to catch up", async () => {
    const { etcd, at, sent } = cluster({ [one]: 7 }, { endpoints: one });
    await etcd.put("a", "1");
    at[one] = 6;
    const read = etcd.range("a", stale);
    await expect.poll(() => sent.length).toBeGreaterThan(2);
    at[one] = 7;
    expect((await read).revision).toBe(7n);
  });

  it("a read at a revision, and one that is as new as what was seen when it was asked, pass", async () => {
    const { etcd, at, sent } = cluster({ [one]: 7, [two]: 7 });
    await etcd.put("a", "1");
    at[one] = 6;
    await etcd.range("a", { ...stale, revision: 5n });
    at[one] = 7;
    await etcd.range("a", stale);
    expect(sent).toEqual([one, one, one]);
  });

  it("is one request where retries are off", async () => {
    const { etcd, at, sent } = cluster({ [one]: 7, [two]: 7 }, { retry: false });
    await etcd.put("a", "1");
    at[one] = 6;
    expect(await etcdErrorOf(etcd.get("a", stale))).toMatchObject({ reason: "StaleRead" });
    expect(sent).toHaveLength(2);
    // The next call goes elsewhere.
    await etcd.get("a", stale);
    expect(sent.at(-1)).toBe(two);
  });

  it("a restored backup is still noticed by a read that cannot lag", async () => {
    const { etcd, at } = cluster({ [one]: 7, [two]: 7 });
    await etcd.put("a", "1");
    at[one] = at[two] = 3;
    expect(await etcdErrorOf(etcd.get("a", { ...stale, timeoutMs: 100 }))).toMatchObject({ reason: "StaleRead" });
    expect(await etcdErrorOf(etcd.get("a"))).toMatchObject({ reason: "ClusterChanged" });
    const following = etcd.following();
    await following.get("a", stale);
  });

  it("off by default: the old answer passes", async () => {
    const { etcd, at } = cluster({ [one]: 7, [two]: 7 }, { monotonicReads: undefined });
    await etcd.put("a", "1");
    at[one] = 6;
    expect((await etcd.range("a", stale)).revision).toBe(6n);
  });
});
