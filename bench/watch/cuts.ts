import { Etcd3 } from "etcd3";
import { faultProxy } from "../../e2e/fault-proxy.ts";
import type { createEtcd as CreateEtcd } from "../../src/index.ts";

const revisions = 3000;
/** How long each may take to come by the rest, in milliseconds. */
const cutMs = 6000;

/** One reset in a catch-up, after so many bytes of the connection: the events that never came. */
export async function cutTable(endpoint: string, createEtcd: typeof CreateEtcd): Promise<void> {
  await using etcd = createEtcd({ endpoints: endpoint });
  const value = "v".repeat(100);
  for (let i = 0; i < revisions; i += 100) await Promise.all(Array.from({ length: 100 }, () => etcd.put("cut", value)));
  const { entries } = await etcd.range("cut");
  const begin = (entries[0]?.modRevision ?? 0n) - BigInt(revisions - 1);

  const ways = {
    async fetcd(url: string): Promise<number> {
      await using client = createEtcd({ endpoints: url });
      const watch = client.watch("cut", { from: begin });
      setTimeout(() => void watch.cancel(), cutMs);
      let seen = 0;
      for await (const _ of watch) if (++seen === revisions) break;
      return seen;
    },
    async etcd3(url: string): Promise<number> {
      const client = new Etcd3({ hosts: url });
      const watcher = client.watch().key("cut").startRevision(`${begin}`).watcher();
      let seen = 0;
      watcher.on("put", () => seen++);
      watcher.on("error", () => undefined);
      await new Promise((resolve) => setTimeout(resolve, cutMs));
      await watcher.cancel().catch(() => undefined);
      client.close();
      return seen;
    },
  };
  console.log("\none cut in a catch-up of 3,000 revisions: events that never came");
  console.log(
    `${"after bytes".padEnd(34)}${Object.keys(ways)
      .map((name) => name.padStart(10))
      .join("")}`,
  );
  for (const bytes of [50_000, 150_000, 300_000]) {
    let row = `${bytes}`.padEnd(34);
    for (const run of Object.values(ways)) {
      await using proxy = await faultProxy(endpoint);
      await proxy.set({ kind: "cutAfter", bytes, how: "rst" });
      setTimeout(() => void proxy.set({ kind: "pass" }), 500);
      row += `${revisions - (await run(proxy.url))}`.padStart(10);
    }
    console.log(row);
  }
}
