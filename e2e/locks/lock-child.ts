import { createEtcd, EtcdError, lock, op } from "../../src/index.ts";
import { noteHold, say } from "./say.ts";

// A process that takes locks for as long as it lives. Arguments: endpoints, the prefix of all keys, the names.
// Under each lock it writes log/<name> with its token, guarded; when it has lost one it tries to do so once more.

const [endpoints = "", prefix = "", names = ""] = process.argv.slice(2);
const etcd = createEtcd({ endpoints: endpoints.split(","), namespace: prefix });

for (;;) {
  const all = names.split(",");
  const name = all[Math.floor(Math.random() * all.length)] ?? "";
  try {
    const held = await lock(etcd, name, { ttl: 3, timeoutMs: 20_000 });
    const returned = noteHold(name, held);
    const write = { then: [op.put(`log/${name}`, String(held.token))] };
    const until = Date.now() + 100 + Math.random() * 300;
    const isHeld = (): boolean => {
      const answer = held.isHeld();
      returned();
      return answer;
    };
    while (Date.now() < until && isHeld()) {
      await held.txn(write, { timeoutMs: 2000 }).catch(() => undefined);
      returned();
      await new Promise((done) => setTimeout(done, 10));
    }
    if (!isHeld()) {
      const { succeeded } = await etcd.txn({ if: [held.guard], ...write }, { timeoutMs: 2000 });
      say({ type: "stale", name, token: String(held.token), wrote: succeeded });
    }
    await held.release();
  } catch (error) {
    if (!EtcdError.is(error)) throw error;
    say({ type: "failed", name, reason: error.reason });
  }
}
