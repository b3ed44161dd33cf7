import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { startWorkerd } from "../start-workerd.ts";

const worker = `
  import { createEtcd, session } from "./src/index.ts";
  export default {
    async fetch(_, { ETCD }) {
      const etcd = createEtcd({ endpoints: ETCD });
      const held = await session(etcd, { ttl: 2 });
      await etcd.put("e30", "here", { lease: held.leaseId });
      return new Response(String(held.leaseId));
    },
  };
`;

it("E30: what a Worker's session holds ends with the TTL after its request has ended", async () => {
  const resolveDir = fileURLToPath(new URL("../..", import.meta.url));
  const bundle = { bundle: true, format: "esm", target: "es2022", write: false } as const;
  const { outputFiles } = await build({ stdin: { contents: worker, resolveDir }, ...bundle });
  await using rig = await startEtcd({ version: "3.5" });
  await using workerd = await startWorkerd({
    code: outputFiles[0]?.text ?? "",
    bindings: { ETCD: rig.endpoints[0] ?? "" },
  });
  await using etcd = createEtcd({ endpoints: rig.endpoints });
  const answer = await fetch(workerd.url);
  const text = await answer.text();
  expect(text, workerd.log()).toMatch(/^\d+$/);
  await poll("the key is gone", 30_000, async () => ((await etcd.has("e30")) ? undefined : true));
  expect(await etcd.lease.list()).not.toContain(BigInt(text));
});
