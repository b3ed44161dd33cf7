import { createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Fetch } from "../../src/transport/http/fetch.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { createEtcd } from "../../src/v3/client.ts";
import type { GatewayOptions } from "../../src/v3/client-options.ts";
import { etcdErrorOf, thrownBy } from "../transport/etcd-error.ts";
import { refused } from "../transport/network-failures.ts";

const [one, two, three] = ["http://127.0.0.1:1001", "http://127.0.0.1:1002", "http://127.0.0.1:1003"];

/** One store behind every URL but those that are down. */
function cluster(options: GatewayOptions = {}) {
  const memory = createMemoryEtcd();
  const sent: string[] = [];
  const down = new Set<string>();
  const fetch: Fetch = (url, init) => {
    const { origin, pathname } = new URL(url);
    sent.push(`${origin}${pathname}`);
    if (down.has(origin)) return Promise.reject(refused());
    return memory.fetch(`http://127.0.0.1:2379${pathname}`, init);
  };
  const etcd = createEtcd({ endpoints: one, fetch, ...options });
  onTestFinished(() => etcd.close());
  return { etcd, sent, down, memory };
}

describe("setEndpoints", () => {
  it("has calls go to other endpoints, for all views of the connection", async () => {
    const { etcd, sent } = cluster();
    const view = etcd.namespace("app/");
    await view.put("a", "1");
    etcd.setEndpoints([two, three]);
    expect([view.endpoints, view.endpointInUse]).toEqual([[two, three], two]);
    await view.put("a", "2");
    view.setEndpoints(three);
    await etcd.put("a", "3");
    expect(sent.map((url) => new URL(url).origin)).toEqual([one, two, three]);
  });

  it("a call under way goes on there", async () => {
    let retried = (): void => undefined;
    const failed = new Promise<void>((resolve) => (retried = resolve));
    const { etcd, down, sent } = cluster({ logger: () => retried() });
    down.add(one);
    const call = etcd.put("a", "1");
    await failed;
    etcd.setEndpoints(two);
    expect((await call).revision).toBe(2n);
    expect(sent.at(-1)).toBe(`${two}/v3/kv/put`);
  });

  it.each([true, false])("an open watch moves and misses nothing (shareRequests: %s)", async (shareRequests) => {
    const { etcd, sent } = cluster({ shareRequests, idleMs: 50 });
    const watch = etcd.watch("a");
    await watch.ready;
    const events = watch[Symbol.asyncIterator]();
    etcd.setEndpoints([two]);
    await etcd.put("a", "1");
    expect((await events.next()).value?.entry.text()).toBe("1");
    await expect.poll(() => sent).toContain(`${two}/v3/watch`);
    await etcd.put("a", "2");
    expect((await events.next()).value?.entry.text()).toBe("2");
    // Where nothing changes for it, it stays.
    const opened = sent.length;
    etcd.setEndpoints([three, two]);
    await etcd.put("a", "3");
    expect((await events.next()).value?.entry.text()).toBe("3");
    expect(sent.slice(opened)).toEqual([`${two}/v3/kv/put`]);
  });

  it.each<[unknown, RegExp]>([
    [[], /at least one URL/],
    [["http://127.0.0.1:1002", "nowhere"], /expected a URL like/],
    [undefined, /expected a URL/],
    [7, /expected a URL/],
    ["http://10.0.0.1:2379", /credentials unencrypted/],
    ["https://u:p@10.0.0.1:2379", /user name or password/],
  ])("refuses %j and changes nothing", async (urls, message) => {
    const { etcd } = cluster({ auth: { token: "t" } });
    const error = await thrownBy(() => Reflect.apply(etcd.setEndpoints, etcd, [urls]) as unknown);
    expect(error).toMatchObject({
      reason: "InvalidArgument",
      outcome: "not-applied",
      message: expect.stringMatching(message),
    });
    expect(etcd.endpoints).toEqual([one]);
  });

  it("takes what createEtcd was allowed to take", () => {
    const { etcd } = cluster({ auth: { token: "t" }, allowInsecure: true });
    etcd.setEndpoints("http://10.0.0.1:2379");
    expect(etcd.endpoints).toEqual(["http://10.0.0.1:2379"]);
  });

  it("is not for a client of a transport", async () => {
    const etcd = createEtcd({ transport: createRouterTransport(() => undefined) });
    const error = await thrownBy(() => etcd.setEndpoints(two));
    expect(error).toMatchObject({ reason: "Unsupported", outcome: "not-applied" });
    expect(etcd.endpoints).toEqual([]);
  });

  it("an endpoint that is gone cannot be asked for by name", async () => {
    const { etcd } = cluster();
    etcd.setEndpoints(two);
    expect(await etcdErrorOf(etcd.maintenance.status(one))).toMatchObject({ reason: "InvalidArgument" });
    expect((await etcd.maintenance.status(two)).version).not.toBe("");
  });
});
