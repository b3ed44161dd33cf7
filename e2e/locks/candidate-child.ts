import { createEtcd, election, EtcdError, op } from "../../src/index.ts";

// A process that stands for an office for as long as it lives. Arguments: endpoints, the prefix of all keys, its name.
// While it leads it writes log/office with its token, guarded. It prints a line of JSON for whatever happens.

const [endpoints = "", prefix = "", self = ""] = process.argv.slice(2);
const say = (event: object): void =>
  void process.stdout.write(`${JSON.stringify({ ...event, pid: process.pid, at: Date.now() })}\n`);
const etcd = createEtcd({ endpoints: endpoints.split(","), namespace: prefix });
const office = election(etcd, "office", { ttl: 3 });

for (;;) {
  try {
    await office.run(self, async (leadership) => {
      const { token, key, signal } = leadership;
      say({ type: "held", name: "office", token: String(token), key });
      signal.addEventListener("abort", () => {
        const { reason } = signal.reason as EtcdError;
        say({ type: "ended", name: "office", token: String(token), key, reason });
      });
      const until = Date.now() + Math.random() * 600;
      while (Date.now() < until && leadership.isLeader()) {
        await leadership.txn({ then: [op.put("log/office", String(token))] }, { timeoutMs: 2000 });
        await new Promise((done) => setTimeout(done, 10));
      }
    });
  } catch (error) {
    if (!EtcdError.is(error)) throw error;
    say({ type: "failed", name: "office", reason: error.reason });
  }
}
