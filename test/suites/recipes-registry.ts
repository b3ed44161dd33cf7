import { expect, it } from "vitest";
import { type Etcd, registry } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, until, value } from "./tools.ts";

export function registrySuite(connect: Connect): void {
  const open = (): Etcd => connect({ namespace: freshPrefix() });
  const listed = async (etcd: Etcd): Promise<string[]> =>
    (await registry(etcd, "api").list()).map(({ id, entry }) => `${id}=${entry.text()}`);
  const listedSoon = async (etcd: Etcd, wanted: string[]): Promise<void> => {
    let now: string[] = [];
    do now = await listed(etcd);
    while (now.join() !== wanted.join());
  };

  it("lists who is there, with what it says, until it leaves", async () => {
    const etcd = open();
    const a = await registry(etcd, "api").register("a", "http://a");
    const b = await registry(etcd, "api").register("b", "http://b");
    await registry(etcd, "api2").register("c", "http://c");
    expect([a.key, a.registered]).toEqual(["api/a", true]);
    expect(await listed(etcd)).toEqual(["a=http://a", "b=http://b"]);
    await a.update("http://a2");
    expect(await listed(etcd)).toEqual(["a=http://a2", "b=http://b"]);
    await b.close();
    expect([b.registered, await listed(etcd)]).toEqual([false, ["a=http://a2"]]);
    await expect(b.update("late")).rejects.toMatchObject({ reason: "Closed" });
    await a.close();
    expect(await listed(etcd)).toEqual([]);
  });

  it("keeps observers informed", async () => {
    const etcd = open();
    const a = await registry(etcd, "api").register("a", "1");
    await using found = await registry(etcd, "api").discover();
    expect([...found.entries()].map(([id, entry]) => `${id}=${entry.text()}`)).toEqual(["a=1"]);
    const b = await registry(etcd, "api").register("b", "1");
    await until("b is found", () => found.has("b"));
    await a.update("2");
    await until("the update is found", () => found.get("a")?.text() === "2");
    await b.close();
    await until("b has left", () => found.size === 1);
    await etcd.lease.revoke(value(await etcd.get("api/a")).lease);
    await until("a is back", () => found.has("a"));
    await a.close();
    await until("nobody is left", () => found.size === 0);
  });

  it("puts itself on the list again when its lease is gone, with its last value", async () => {
    const etcd = open();
    const a = await registry(etcd, "api").register("a", "1");
    await a.update("2");
    const { lease } = value(await etcd.get("api/a"));
    await etcd.lease.revoke(lease);
    await listedSoon(etcd, ["a=2"]);
    expect(value(await etcd.get("api/a")).lease).not.toBe(lease);
    await until("it knows", () => a.registered);
    await a.update("3");
    expect(await listed(etcd)).toEqual(["a=3"]);
    await a.close();
  });

  it("puts itself on the list again when somebody deletes it", async () => {
    const etcd = open();
    const given = bytes("1");
    const a = await registry(etcd, "api").register("a", given);
    // The value is what the bytes were when it was registered.
    given.fill(0);
    for (let i = 0; i < 3; i++) {
      await etcd.delete("api/a");
      await listedSoon(etcd, ["a=1"]);
    }
    await a.close();
    expect(await listed(etcd)).toEqual([]);
  });

  it("an update beside a loss is listed as well", async () => {
    const etcd = open();
    const a = await registry(etcd, "api").register("a", "1");
    await etcd.lease.revoke(value(await etcd.get("api/a")).lease);
    await a.update("2");
    expect(await listed(etcd)).toEqual(["a=2"]);
    await a.close();
  });

  it("ends with its signal and with its client", async () => {
    const etcd = open();
    const controller = new AbortController();
    const a = await registry(etcd, "api").register("a", "1", { signal: controller.signal });
    controller.abort();
    expect(a.registered).toBe(false);
    await listedSoon(etcd, []);
    const mine = new RangeError("mine");
    await expect(registry(etcd, "api").register("a", "1", { signal: AbortSignal.abort(mine) })).rejects.toBe(mine);
    const namespace = freshPrefix();
    const [other, watcher] = [connect({ namespace }), connect({ namespace })];
    await registry(other, "api").register("b", "1");
    expect(await listed(watcher)).toEqual(["b=1"]);
    await other.close();
    await listedSoon(watcher, []);
  });

  it("refuses what it does not know", async () => {
    const etcd = open();
    expect(() => registry(etcd, "")).toThrow("name");
    await expect(registry(etcd, "api").register("", "1")).rejects.toThrow("id");
    await expect(registry(etcd, "api").register("a", 1 as never)).rejects.toThrow("value");
    for (const odd of [{ lease: 1n }, { timeout: 1000 }])
      await expect(registry(etcd, "api").register("a", "1", odd as never)).rejects.toThrow(
        expect.objectContaining({ reason: "InvalidArgument" }),
      );
    expect(await listed(etcd)).toEqual([]);
  });
}
