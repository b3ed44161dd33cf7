import { createEtcd, EtcdError, lock, op } from "../../src/index.ts";

// A process that takes locks for as long as it lives. Arguments: endpoints, the prefix of all keys, the names.
// Under each lock it writes log/<name> with its token, guarded. It prints a line of JSON for whatever happens.

const [endpoints = "", prefix = "", names = ""] = process.argv.slice(2);
const say = (event: object): void =>
  void process.stdout.write(`${JSON.stringify({ ...event, pid: process.pid, at: Date.now() })}\n`);
const etcd = createEtcd({ endpoints: endpoints.split(","), namespace: prefix });

for (;;) {
  const all = names.split(",");
  const name = all[Math.floor(Math.random() * all.length)] ?? "";
  try {
    const held = await lock(etcd, name, { ttl: 3, timeoutMs: 20_000 });
    const { token, key } = held;
    say({ type: "held", name, token: String(token), key });
    held.signal.addEventListener("abort", () => {
      const { reason } = held.signal.reason as EtcdError;
      say({ type: "ended", name, token: String(token), key, reason });
    });
    const until = Date.now() + Math.random() * 400;
    while (Date.now() < until && held.isHeld()) {
      const before = Date.now();
      const wrote = await held.txn({ then: [op.put(`log/${name}`, String(token))] }, { timeoutMs: 2000 }).then(
        () => true,
        () => false,
      );
      // Whoever stood still is told before its call returns.
      if (Date.now() - before > 3000 && held.isHeld()) say({ type: "untold", name, token: String(token) });
      say({ type: "wrote", name, token: String(token), wrote });
      await new Promise((done) => setTimeout(done, 10));
    }
    await held.release();
  } catch (error) {
    if (!EtcdError.is(error)) throw error;
    say({ type: "failed", name, reason: error.reason });
  }
}
