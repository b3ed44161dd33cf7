import { describe, onTestFinished } from "vitest";
import { createEtcd } from "../../src/index.ts";
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
  { place: { version: "3.5", transport: "gateway" as const, members: 1, endpoints } },
);

describe("on an etcd in memory", () => {
  for (const [name, suite] of Object.entries(storageSuites)) describe(name, () => suite(connect));
});
