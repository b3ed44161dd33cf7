import { describe, expect, it, onTestFinished } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { createKeyvStore } from "../../src/keyv/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import type { Connect } from "../suites/connect.ts";
import { storageSuites } from "../suites/storage.ts";

const memory = createMemoryEtcd({ minLeaseTtl: 1 });
const endpoints = ["http://127.0.0.1:2379"];
const connect: Connect = Object.assign(
  (): ReturnType<Connect> => {
    const etcd = createEtcd({ endpoints, fetch: memory.fetch });
    onTestFinished(() => etcd.close());
    return etcd;
  },
  { target: { version: "3.5", transport: "gateway" as const, members: 1, endpoints } },
);

describe("on an etcd in memory", () => {
  for (const [name, suite] of Object.entries(storageSuites)) describe(name, () => suite(connect));
});

it("a put whose lease could not be had says that nothing was written, whatever became of the lease", async () => {
  const asked = new Set<unknown>();
  const etcd = createEtcd({
    fetch: async (url, init) => {
      const answer = await memory.fetch(url, init);
      // Made, but the first answer is lost, and how long it lives cannot be found out.
      if (url.endsWith("/lease/timetolive")) {
        return Response.json({ error: "etcdserver: permission denied", code: 7 }, { status: 403 });
      }
      const isLost = url.endsWith("/lease/grant") && !asked.has(init?.body);
      asked.add(init?.body);
      return isLost ? new Response("", { status: 503 }) : answer;
    },
  });
  onTestFinished(() => etcd.close());
  await expect(etcd.lease.grant(10)).rejects.toMatchObject({ outcome: "applied" });
  const store = createKeyvStore(etcd, { prefix: "lost/" });
  await expect(store.set("a", "1", 10_000)).rejects.toMatchObject({ outcome: "not-applied" });
  expect(await etcd.count({ prefix: "lost/" })).toBe(0n);
});
