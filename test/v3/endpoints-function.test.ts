import { describe, expect, it, onTestFinished } from "vitest";
import type { LogEvent } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import type { Fetch } from "../../src/transport/http/fetch.ts";
import { createEtcd } from "../../src/v3/client.ts";
import type { GatewayOptions } from "../../src/v3/client-options.ts";
import { etcdErrorOf } from "../transport/etcd-error.ts";
import { refused } from "../transport/network-failures.ts";

const [one, two] = ["http://127.0.0.1:1001", "http://127.0.0.1:1002"];

/** One store behind every URL but those that are down. */
function cluster(endpoints: NonNullable<GatewayOptions["endpoints"]>, options: GatewayOptions = {}) {
  const memory = createMemoryEtcd();
  const sent: string[] = [];
  const down = new Set<string>();
  const log: LogEvent[] = [];
  const fetch: Fetch = (url, init) => {
    const { origin, pathname } = new URL(url);
    sent.push(origin);
    if (down.has(origin)) return Promise.reject(refused());
    return memory.fetch(`http://127.0.0.1:2379${pathname}`, init);
  };
  const etcd = createEtcd({ endpoints, fetch, logger: (event) => void log.push(event), ...options });
  onTestFinished(() => etcd.close());
  const told = (): LogEvent[] => log.filter(({ type }) => type === "endpoints");
  return { etcd, sent, down, told };
}

describe("a function that names the endpoints", () => {
  it.each([true, false])(
    "is asked before the first request, once for all (shareRequests: %s)",
    async (shareRequests) => {
      let asked = 0;
      const name = async (): Promise<string[]> => {
        asked++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [one, two];
      };
      const { etcd, sent, told } = cluster(name, { shareRequests });
      expect([etcd.endpoints, etcd.endpointInUse, asked]).toEqual([[], "", 0]);
      const watch = etcd.watch("a");
      await Promise.all(Array.from({ length: 50 }, (_, i) => etcd.put(`${i}`, "1")));
      await watch.ready;
      expect([etcd.endpoints, etcd.endpointInUse, asked]).toEqual([[one, two], one, 1]);
      expect(new Set(sent)).toEqual(new Set([one]));
      expect(told()).toEqual([{ type: "endpoints", endpoints: [one, two], reason: undefined }]);
      await etcd.put("a", "2");
      expect(asked).toBe(1);
    },
  );

  it("may answer at once, and with one URL", async () => {
    const { etcd } = cluster(() => one);
    await etcd.put("a", "1");
    expect(etcd.endpoints).toEqual([one]);
  });

  it("is asked before the login too, which waits for nothing else", async () => {
    const { etcd, sent } = cluster(() => [one], { auth: { username: "root", password: "p" } });
    expect(await etcdErrorOf(etcd.get("a"))).toMatchObject({ reason: "AuthNotEnabled" });
    expect(sent).toEqual([one]);
  });

  it("is asked again when all that it named have failed, once for a flood of calls", async () => {
    const answers = [[one], [two]];
    let asked = 0;
    const { etcd, down, told } = cluster(() => answers[asked++] ?? []);
    await etcd.put("a", "1");
    down.add(one);
    await Promise.all(Array.from({ length: 50 }, (_, i) => etcd.put(`${i}`, "1")));
    expect(asked).toBe(2);
    expect([etcd.endpoints, etcd.endpointInUse]).toEqual([[two], two]);
    expect(told()).toHaveLength(2);
  });

  it("what is known stays when it fails, and it is left alone for a second", async () => {
    let asked = 0;
    const { etcd, down, told } = cluster(() => {
      if (asked++ > 0) throw new Error("no idea");
      return [one];
    });
    await etcd.put("a", "1");
    down.add(one);
    const errors = await Promise.all([1, 2, 3].map(() => etcdErrorOf(etcd.get("a", { timeoutMs: 1500 }))));
    expect(errors.map(({ reason }) => reason)).toEqual(["Unreachable", "Unreachable", "Unreachable"]);
    expect([etcd.endpoints, asked]).toEqual([[one], 2]);
    expect(told().at(-1)).toEqual({ type: "endpoints", endpoints: [one], reason: "Unreachable" });
    down.clear();
    expect((await etcd.get("a"))?.text()).toBe("1");
  });

  const own = new EtcdError("no records", "InvalidValue", { outcome: "unknown" });
  it.each<[string, () => never | string[] | Promise<never>, object]>([
    ["throws", () => fail(new Error("no idea")), { reason: "Unreachable", cause: new Error("no idea") }],
    ["rejects", () => Promise.reject(new Error("no idea")), { reason: "Unreachable" }],
    ["throws an error of ours", () => fail(own), { reason: "InvalidValue", message: "no records" }],
    ["names none", () => [], { reason: "InvalidArgument", message: expect.stringContaining("at least one URL") }],
    ["names what is not a URL", () => ["nowhere"], { reason: "InvalidArgument" }],
    ["gives no list", () => Reflect.get({}, "x") as never, { reason: "InvalidArgument" }],
    ["names plain http", () => ["http://10.0.0.1:1"], { reason: "InvalidArgument" }],
    ["never ends", () => new Promise<never>(() => undefined), { reason: "Timeout" }],
  ])("that %s at first has calls reject, not applied, and nothing is sent", async (_, name, expected) => {
    const { etcd, sent } = cluster(name, { auth: { token: "t" } });
    const error = await etcdErrorOf(etcd.put("a", "1", { timeoutMs: 200 }));
    expect(error).toMatchObject({ outcome: "not-applied", attempts: [], ...expected });
    expect(sent).toEqual([]);
  });

  it("that fails at first is asked again after a while, by the same call", async () => {
    let asked = 0;
    const { etcd } = cluster(() => (asked++ === 0 ? fail(new Error("not yet")) : [one]));
    await etcd.put("a", "1");
    expect(asked).toBe(2);
  });

  it("is not waited for longer than a caller wants", async () => {
    const { etcd } = cluster(() => new Promise<never>(() => undefined));
    const reason = new Error("enough");
    const call = etcd.get("a", { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
    const leaving = new AbortController();
    const other = etcd.get("a", { signal: leaving.signal });
    leaving.abort(reason);
    await expect(other).rejects.toBe(reason);
    await etcd.close();
    expect(await etcdErrorOf(etcd.get("a"))).toMatchObject({ reason: "Closed" });
  });

  it("does not undo what setEndpoints says meanwhile", async () => {
    let answer = (_: string[]): void => undefined;
    const { etcd, sent } = cluster(() => new Promise<string[]>((resolve) => (answer = resolve)));
    const call = etcd.put("a", "1");
    etcd.setEndpoints(two);
    answer([one]);
    await call;
    expect([etcd.endpoints, sent]).toEqual([[two], [two]]);
  });
});

function fail(error: Error): never {
  throw error;
}
