import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createEtcd, op, type Selector, type WatchEvent, type WatchOptions } from "../../src/index.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { type Fault } from "../fault-proxy.ts";
import { history } from "../faults/ground-truth.ts";
import { client, first, proxies } from "../faults/subject.ts";

/** How many events are written: `FETCD_WATCH_EVENTS=1000000` for the long run. */
const wanted = Number(process.env["FETCD_WATCH_EVENTS"] ?? 50_000);
const perRevision = 40;

/** What may happen to a connection, and for how long, in milliseconds. */
const faults: readonly (readonly [Fault, number])[] = [
  [{ kind: "cutAfter", bytes: 20_000, how: "rst" }, 150],
  [{ kind: "cutAfter", bytes: 777, how: "fin" }, 80],
  [{ kind: "split", bytes: 7 }, 60],
  [{ kind: "split", bytes: 1000 }, 120],
  // Half open: nothing comes, and nothing says so, until somebody resets it.
  [{ kind: "blackhole", direction: "down" }, 200],
  [{ kind: "throttle", bytesPerSecond: 200_000, direction: "down" }, 150],
  [{ kind: "refuse" }, 100],
  [{ kind: "delay", ms: 40 }, 150],
];

vi.setConfig({ testTimeout: Math.max(1_200_000, wanted * 20) });

describe.each(["3.4", "3.5"] as const)("live traffic of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version, quotaBytes: 8 * 2 ** 30 });
  });
  afterAll(() => server.close());

  it(`of ${wanted} events over connections that break in every way: none is lost, doubled or out of order`, async () => {
    const [proxy, other] = await proxies([first(server.endpoints), first(server.endpoints)]);
    if (proxy === undefined || other === undefined) throw new Error("two proxies");
    await using writer = createEtcd({ endpoints: server.endpoints });
    const etcd = client([proxy.url, other.url], { auth: undefined });
    const { revision: from } = await writer.put("live/start", "");
    let over = false;

    const watching = async (selector: Selector, options: WatchOptions, last: string): Promise<string[]> => {
      const got: string[] = [];
      for await (const event of etcd.watch(selector, { ...options, from: from + 1n })) {
        got.push(short(event));
        if (event.entry.key === last) break;
      }
      return got;
    };
    const watches = [
      watching({ prefix: "live/" }, {}, "live/zz"),
      watching({ prefix: "live/" }, { maxQueue: 20 }, "live/zz"),
      watching({ prefix: "live/7" }, { prev: true }, "live/7zz"),
    ];

    const breaking = (async () => {
      for (let i = 0; !over || i < 3 * faults.length; i++) {
        const [fault, ms] = faults[i % faults.length] ?? faults[0] ?? expect.fail();
        const one = i % 3 === 0 ? other : proxy;
        await one.set(fault);
        await new Promise((resolve) => setTimeout(resolve, ms));
        if (fault.kind === "blackhole" || fault.kind === "refuse") one.cutAll(i % 2 === 0 ? "rst" : "fin");
        await one.set({ kind: "pass" });
      }
    })();
    const revisions = Math.ceil(wanted / perRevision);
    const connections = (): number => proxy.counts.connections + other.counts.connections;
    let written = 0;
    // On a fast machine all would be written before much has broken.
    const write = async (): Promise<void> => {
      while (written < revisions || connections() <= 10) {
        const i = written++;
        const then = Array.from({ length: perRevision }, (_, j) =>
          i % 20 === 19 && j < 5 ? op.delete(`live/${j}-${j}`) : op.put(`live/${j % 10}-${j}`, `${i}`),
        );
        await writer.txn({ then });
      }
    };
    await Promise.all([write(), write(), write(), write()]);
    over = true;
    await writer.put("live/7zz", "");
    await writer.put("live/zz", "");
    const [whole, slow, seven] = await Promise.all(watches);
    await breaking;

    const truth = (await history(server, "live/", from + 1n)).map(
      ({ type, key, value, revision }) => `${revision} ${type} ${key} ${value}`,
    );
    expect(truth.length).toBeGreaterThan(wanted * 0.95);
    expect(connections()).toBeGreaterThan(10);
    const same = (got: readonly string[] | undefined, expected: readonly string[]): void => {
      const wrong = expected.findIndex((text, i) => got?.[i] !== text);
      expect([got?.length, wrong, got?.[wrong]]).toEqual([expected.length, -1, undefined]);
    };
    same(whole, truth);
    same(slow, truth);
    same(
      seven,
      truth.filter((text) => text.includes(" live/7")),
    );
  });
});

function short({ type, entry, revision }: WatchEvent): string {
  return `${revision} ${type} ${entry.key} ${type === "put" ? entry.text() : ""}`;
}
