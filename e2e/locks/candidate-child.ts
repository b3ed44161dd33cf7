import { createEtcd, election, EtcdError, type Leadership, op, session } from "../../src/index.ts";
import { noteHold, say } from "./say.ts";

// A process that is a candidate for as long as it lives, by turns with a session that it makes and without one.
// Arguments: endpoints, the prefix of all keys, its name. While it leads it writes log/leader with its token, guarded.

const [endpoints = "", prefix = "", self = ""] = process.argv.slice(2);
const etcd = createEtcd({ endpoints: endpoints.split(","), namespace: prefix });

async function lead(leadership: Leadership): Promise<void> {
  const returned = noteHold("leader", leadership);
  const write = { then: [op.put("log/leader", String(leadership.token))] };
  const until = Date.now() + 100 + Math.random() * 500;
  const leads = (): boolean => {
    const answer = leadership.isLeader();
    returned();
    return answer;
  };
  while (Date.now() < until && leads()) {
    await leadership.txn(write, { timeoutMs: 2000 }).catch(() => undefined);
    returned();
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** A candidate whose session has ended has to hear of it. */
async function standWithSession(): Promise<void> {
  await using own = await session(etcd, { ttl: 3 });
  let pending = true;
  void own.lost.then(() =>
    setTimeout(() => {
      if (pending) say({ type: "zombie", name: "leader" });
    }, 2000),
  );
  const campaign = election(etcd, "leader", { session: own }).campaign(self);
  await using leadership = await campaign.finally(() => (pending = false));
  await lead(leadership);
}

for (let term = 0; ; term++) {
  try {
    if (term % 2 === 0) await standWithSession();
    else await election(etcd, "leader", { ttl: 3 }).run(self, lead);
  } catch (error) {
    if (!EtcdError.is(error)) throw error;
    say({ type: "failed", name: "leader", reason: error.reason });
  }
}
