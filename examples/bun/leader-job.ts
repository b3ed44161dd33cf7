// A job that runs on one of several machines at a time. Start it twice and stop the one that works: the other takes over.
//
//   bun leader-job.ts http://127.0.0.1:2379 machine-a
import { setTimeout as pause } from "node:timers/promises";
import { createEtcd, election, op } from "fetcd";

const [endpoint, name] = Bun.argv.slice(2);
if (endpoint === undefined || name === undefined) {
  console.error("usage: leader-job.ts <endpoint> <name>");
  process.exit(2);
}

await using etcd = createEtcd({ endpoints: endpoint, namespace: "jobs/" });
const stop = new AbortController();
process.on("SIGINT", () => stop.abort());

try {
  await election(etcd, "counter", { ttl: 10 }).run(
    name,
    async (leadership) => {
      console.log(`${name} leads with token ${leadership.token}`);
      while (!leadership.signal.aborted) {
        const done = Number((await etcd.get("done"))?.text() ?? 0);
        // The guard is in the write: one who is no longer the leader, and does not know yet, writes nothing.
        const { succeeded } = await leadership.txn({ then: [op.put("done", String(done + 1))] });
        if (succeeded) console.log(`${name} did ${done + 1}`);
        await pause(500, undefined, { signal: leadership.signal }).catch(() => {});
      }
    },
    { signal: stop.signal },
  );
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
