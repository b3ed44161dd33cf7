import { describe, expect, it, onTestFinished } from "vitest";
import type { Fetch } from "../../src/transport/http/fetch.ts";
import { createEtcd } from "../../src/v3/client.ts";
import type { GatewayOptions } from "../../src/v3/client-options.ts";
import { okJson } from "../transport/scripted-fetch.ts";
import { refused } from "../transport/network-failures.ts";

const [one, two] = ["http://127.0.0.1:1001", "http://127.0.0.1:1002"];

/** A cluster whose members name `named`, each of which answers unless it is down. */
function cluster(named: readonly string[], options: GatewayOptions = {}) {
  const sent: string[] = [];
  const down = new Set<string>();
  let held: Promise<void> | undefined;
  const state = {
    named,
    /** Holds the answers to the question for members back, until what it returns is called. */
    hold(): () => void {
      let release = (): void => undefined;
      held = new Promise((resolve) => (release = resolve));
      return release;
    },
  };
  const fetch: Fetch = async (url) => {
    const { origin, pathname } = new URL(url);
    sent.push(`${origin}${pathname}`);
    if (down.has(origin)) throw refused();
    if (!pathname.endsWith("/member/list")) return okJson();
    const members = [{ clientURLs: state.named }, { name: "not started yet" }];
    await held;
    return okJson({ members });
  };
  const etcd = createEtcd({ endpoints: one, fetch, discoverMembers: true, ...options });
  onTestFinished(() => etcd.close());
  const asked = (): number => sent.filter((url) => url.endsWith("/member/list")).length;
  return { etcd, sent, down, state, asked };
}

describe("discoverMembers", () => {
  it("learns of members in the background, once for all calls, and goes on there", async () => {
    const { etcd, down, asked, state } = cluster([two, one, "http://169.254.169.254", "https://127.0.0.1:1003"]);
    const release = state.hold();
    // No call waits for that.
    await Promise.all(Array.from({ length: 20 }, (_, i) => etcd.put(`${i}`, "1")));
    expect(etcd.endpoints).toEqual([one]);
    release();
    await expect.poll(() => etcd.endpoints).toEqual([one, two]);
    expect(asked()).toBe(1);
    down.add(one);
    await etcd.put("a", "1");
    expect(etcd.endpointInUse).toBe(two);
  });

  it("asks again after an endpoint failed, at most once a second", async () => {
    const { etcd, down, asked, state } = cluster([two]);
    await etcd.put("a", "1");
    await expect.poll(() => etcd.endpoints).toEqual([one, two]);
    for (let i = 0; i < 20; i++) await etcd.put("a", "1");
    expect(asked()).toBe(1);
    state.named = [two, "http://127.0.0.1:1003"];
    down.add(one);
    const start = performance.now();
    while (etcd.endpoints.length < 3 && performance.now() - start < 5000) {
      await etcd.put("a", "1");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(etcd.endpoints).toEqual([one, two, "http://127.0.0.1:1003"]);
    expect(asked()).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - start) / 1000) + 1);
  });

  it("members of endpoints that have been replaced are forgotten, and those of the new ones asked for", async () => {
    const { etcd, state } = cluster([two]);
    const release = state.hold();
    await etcd.put("a", "1");
    etcd.setEndpoints("http://127.0.0.1:1005");
    release();
    state.named = ["http://127.0.0.1:1006"];
    await etcd.put("a", "1");
    await expect.poll(() => etcd.endpoints).toEqual(["http://127.0.0.1:1005", "http://127.0.0.1:1006"]);
  });

  it("a cluster that does not tell changes nothing", async () => {
    const { etcd, down } = cluster([]);
    await etcd.put("a", "1");
    expect(etcd.endpoints).toEqual([one]);
    down.add(one);
    await expect(etcd.put("a", "1", { timeoutMs: 100 })).rejects.toMatchObject({ reason: "Unreachable" });
  });

  it("sends credentials to hosts that members name only if that is asked for", async () => {
    const auth = { token: "t" };
    expect(() => cluster([two], { auth })).toThrow('expected "withCredentials" to send credentials');
    const { etcd } = cluster([two], { auth, discoverMembers: "withCredentials" });
    await etcd.put("a", "1");
    await expect.poll(() => etcd.endpoints).toEqual([one, two]);
    const off = cluster([two], { auth, discoverMembers: false });
    await off.etcd.put("a", "1");
    expect(off.asked()).toBe(0);
  });

  it("logs in once for the question and the call", async () => {
    const { etcd, sent } = cluster([two], {
      auth: { token: async () => "t" },
      discoverMembers: "withCredentials",
    });
    await etcd.put("a", "1");
    await expect.poll(() => etcd.endpoints).toEqual([one, two]);
    expect(sent).toHaveLength(2);
  });

  it.each<[GatewayOptions, RegExp]>([
    [{ endpoints: () => [one] }, /discoverMembers and endpoints as a function exclude each other/],
    [{ discoverMembers: Reflect.get({ a: "yes" }, "a") as never }, /expected true or false, or "withCredentials"/],
  ])("refuses %j", (options, message) => {
    expect(() => cluster([], options)).toThrow(message);
  });
});
