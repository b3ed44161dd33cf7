// A job that runs on one of several machines at a time. Start it twice and stop the one that works: the other takes over.
//
//   deno run --allow-net leader-job.ts http://127.0.0.1:2379 machine-a
import { createEtcd, election, op } from "fetcd";

const [endpoint, name] = Deno.args;
if (endpoint === undefined || name === undefined) {
  console.error("usage: leader-job.ts <endpoint> <name>");
  Deno.exit(2);
}

await using etcd = createEtcd({ endpoints: endpoint, namespace: "jobs/" });
const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

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
        await pause(500, leadership.signal);
      }
    },
    { signal: stop.signal },
  );
} catch (error) {
  if (!stop.signal.aborted) throw error;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
