import { describe, onTestFinished, vi } from "vitest";
import { createEtcd, type EtcdOptions } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { type EtcdV2Options, createEtcdV2 } from "../../src/v2/index.ts";
import { shareOf } from "../share-of-suites.ts";
import type { Connect } from "../suites/connect.ts";
import { suites } from "../suites/suites.ts";
import type { ConnectV2 } from "../suites-v2/connect.ts";
import { suitesV2 } from "../suites-v2/suites.ts";

const endpoints = ["http://127.0.0.1:2379"];

interface HostSetup {
  /** What stands before each client. */
  readonly through?: <T extends object>(client: T) => T;
  /** Which of the hosts this is: each has its share of the suites. */
  readonly way: 0 | 1 | 2;
}

/** Declares the client suites, of v3 and v2, over an etcd in memory. */
export function runSuites({ through = (client) => client, way }: HostSetup): void {
  const chosen = <T>(all: Readonly<Record<string, T>>): [string, T][] => Object.entries(shareOf(all, way, 3));
  // The events and signals of a DOM in JavaScript take a multiple of the time.
  vi.setConfig({ testTimeout: 30_000 });
  describe("v3", () => {
    const memory = createMemoryEtcd({ minLeaseTtl: 1, version: "3.5" });
    const connect = (more: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
      const etcd = through(createEtcd({ endpoints, fetch: memory.fetch, ...more } as EtcdOptions));
      onTestFinished(() => etcd.close());
      return etcd;
    };
    const target = { version: "3.5", transport: "gateway", members: 1, endpoints } as const;
    for (const [name, suite] of chosen(suites)) describe(name, () => suite(Object.assign(connect, { target })));
  });
  describe("v2", () => {
    const memory = createMemoryEtcd({ version: "3.5" });
    const connect = (more: Partial<EtcdV2Options> = {}): ReturnType<ConnectV2> => {
      const etcd = through(createEtcdV2({ endpoints, fetch: memory.fetch, ...more }));
      onTestFinished(() => etcd.close());
      return etcd;
    };
    const target = { version: "3.5", members: 1, endpoints, auth: false, fetch: memory.fetch };
    for (const [name, suite] of chosen(suitesV2)) {
      describe(name, () => suite(Object.assign(connect, { target })));
    }
  });
}
