import { expect, it, onTestFinished, vi } from "vitest";
import * as one from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

it("two copies of the package that share a session do not both hold its lock", async () => {
  vi.resetModules();
  const other = await import("../../src/index.ts");
  expect(other.mutex).not.toBe(one.mutex);
  const memory = createMemoryEtcd();
  const clients = [one, other].map(({ createEtcd }) => createEtcd({ fetch: memory.fetch }));
  onTestFinished(async () => {
    await Promise.all(clients.map((etcd) => etcd.close()));
    memory.close();
  });
  const [etcd, same] = clients;
  if (etcd === undefined || same === undefined) throw new Error("two clients");
  const session = await one.session(etcd);
  const held = await one.mutex(etcd, "door", { session }).acquire();
  const theirs = other.mutex(same, "door", { session });
  expect(await theirs.tryAcquire()).toBeNull();
  const waiting = theirs.acquire();
  await held.release();
  expect((await waiting).token).toBeGreaterThan(held.token);
});

it("two copies of the package know each other's time-outs from an EtcdError that a caller aborts with", async () => {
  const own = await import("../../src/transport/deadline.ts");
  vi.resetModules();
  const other = await import("../../src/transport/deadline.ts");
  expect(other.timeoutError).not.toBe(own.timeoutError);
  const given = new one.EtcdError("lost", "SessionExpired", { outcome: "unknown" });
  for (const { isOurReason } of [own, other]) {
    expect([own.timeoutError(5), other.timeoutError(5), given].map(isOurReason)).toEqual([true, true, false]);
  }
});
