import { expect, it } from "vitest";
import { createEtcd, type Etcd, type Entry } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { lostAnswer } from "../transport/network-failures.ts";

type Write = (etcd: Etcd, stale: Entry) => Promise<unknown>;

it.each<[string, Write]>([
  ["update", (etcd, stale) => etcd.update(stale, "mine", { exactlyOnce: true })],
  [
    "put with a guard",
    (etcd, guard) => etcd.put("k", "mine", { guard: { modRevision: guard.modRevision }, exactlyOnce: true }),
  ],
  [
    "delete with a guard",
    (etcd, guard) => etcd.delete("k", { guard: { modRevision: guard.modRevision }, exactlyOnce: true }),
  ],
])("says of a refused %s whose answer and history are lost that it was not applied", async (_, write) => {
  const memory = createMemoryEtcd({});
  await using truth = createEtcd({ fetch: memory.fetch });
  let lost = false;
  await using etcd = createEtcd({
    async fetch(input, init) {
      const response = await memory.fetch(input, init);
      if (lost || !String(input).endsWith("/v3/kv/txn")) return response;
      lost = true;
      await response.arrayBuffer();
      await truth.put("k", "third");
      await truth.compact((await truth.put("k", "fourth")).revision);
      throw lostAnswer();
    },
  });
  await truth.put("k", "first");
  const stale = await truth.get("k");
  if (stale === null) throw new Error("nothing there");
  await truth.put("k", "second");
  await expect(write(etcd, stale)).rejects.toMatchObject({ reason: "AnswerLost", outcome: "not-applied" });
  expect((await truth.get("k"))?.text()).toBe("fourth");
  memory.close();
});
