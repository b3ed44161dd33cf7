import { expect, it } from "vitest";
import { createEtcd, doubleBarrier, session } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

it("a double barrier whose session ends while the gate is being opened does not say that nothing was applied", async () => {
  const memory = createMemoryEtcd();
  const outside = createEtcd({ fetch: memory.fetch });
  await using etcd = createEtcd({
    async fetch(url, init) {
      const answer = await memory.fetch(url, init);
      if (await outside.has("round/ready")) void own.close();
      init?.signal?.throwIfAborted();
      return answer;
    },
  });
  const own = await session(etcd);
  const entering = doubleBarrier(etcd, "round", { count: 1, session: own }).enter();
  await expect(entering).rejects.toMatchObject({ reason: "Closed", outcome: "unknown" });
  expect(await outside.keys({ prefix: "round" })).toEqual(["round/ready"]);
  await outside.close();
  memory.close();
});
