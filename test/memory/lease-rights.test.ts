import { describe, expect, it, onTestFinished } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcdOptions } from "../../src/memory/index.ts";

/** A memory with authentication on, a lease with keys of two owners, and its clients. */
async function guarded(
  version: NonNullable<MemoryEtcdOptions["version"]>,
): Promise<{ root: Etcd; anna: Etcd; lease: bigint }> {
  const memory = createMemoryEtcd({ clock: "virtual", seed: 1, version });
  const client = (username: string): Etcd =>
    createEtcd({ fetch: memory.fetch, auth: { username, password: "secret", allowDisabled: true }, retry: false });
  const [root, anna] = [client("root"), client("anna")];
  onTestFinished(async () => {
    await Promise.all([root.close(), anna.close()]);
    memory.close();
  });
  for (const name of ["root", "anna"]) await root.auth.users.add(name, "secret");
  await root.auth.roles.add("own");
  await root.auth.roles.grantPermission("own", "readwrite", { prefix: "anna/" });
  await root.auth.users.grantRole("anna", "own");
  await root.auth.users.grantRole("root", "root");
  const { id: lease } = await root.lease.grant(60);
  await root.put("anna/a", "1", { lease });
  await root.put("root/b", "1", { lease });
  await root.auth.enable();
  return { root, anna, lease };
}

const denied = { reason: "PermissionDenied", outcome: "not-applied" };

describe("a lease with keys that a user may not touch", () => {
  it("is neither renewed nor listed for that user since 3.6", async () => {
    const { root, anna, lease } = await guarded("3.6");
    await expect(anna.lease.keepAliveOnce(lease)).rejects.toMatchObject(denied);
    await expect(anna.lease.list()).rejects.toMatchObject(denied);
    expect(await root.lease.list()).toEqual([lease]);
    await root.delete("root/b");
    expect(await anna.lease.keepAliveOnce(lease)).toMatchObject({ id: lease });
    expect(await anna.lease.list()).toEqual([lease]);
  });

  it.each(["3.4", "3.5"] as const)("is renewed and listed by anybody in %s", async (version) => {
    const { anna, lease } = await guarded(version);
    expect(await anna.lease.keepAliveOnce(lease)).toMatchObject({ id: lease });
    expect(await anna.lease.list()).toEqual([lease]);
  });
});

describe("alarms", () => {
  it("are for root alone since 3.6", async () => {
    const { root, anna } = await guarded("3.6");
    await expect(anna.maintenance.alarms()).rejects.toMatchObject(denied);
    expect(await root.maintenance.alarms()).toEqual([]);
  });

  it.each(["3.4", "3.5"] as const)("are read by anybody in %s", async (version) => {
    const { anna } = await guarded(version);
    expect(await anna.maintenance.alarms()).toEqual([]);
  });
});
