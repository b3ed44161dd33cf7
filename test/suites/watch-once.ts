import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";

export function watchOnceSuite(connect: Connect): void {
  it("resolves with the first event from a revision on", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision: from } = await etcd.put(key, "1");
    await etcd.put(key, "2");
    const event = await etcd.watchOnce(key, { from });
    expect(event).toMatchObject({ type: "put", revision: from, synthetic: false });
    expect(event.entry.text()).toBe("1");
    const next = await etcd.watchOnce(key, { from: from + 1n, prev: true });
    expect([next.entry.text(), next.prev?.text()]).toEqual(["2", "1"]);
  });

  it("resolves with the next event where no revision is given, of the type asked for", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    let done = false;
    const waiting = etcd.watchOnce(key, { only: "delete" }).finally(() => (done = true));
    // When the watch begins is for the server to say: so the key is written until it has begun.
    for (let i = 0; !done; i++) {
      await etcd.put(key, `${i}`);
      await etcd.delete(key);
    }
    expect(await waiting).toMatchObject({ type: "delete", entry: { key } });
  });

  it("rejects when there is no event in time", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    const waiting = etcd.watchOnce(key, { timeoutMs: 60 });
    await expect(waiting).rejects.toMatchObject({ reason: "WatchTimeout", outcome: "not-applied" });
    await expect(waiting).rejects.toThrow("60 ms");
  });

  it("rejects with the reason of its signal, as it is", async () => {
    const etcd = connect();
    const controller = new AbortController();
    const waiting = etcd.watchOnce(`${freshPrefix()}a`, { signal: controller.signal, timeoutMs: 5000 });
    const reason = new RangeError("mine");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(etcd.watchOnce("a", { signal: AbortSignal.abort("earlier") })).rejects.toBe("earlier");
  });

  it("rejects for a compacted start and when the client is closed", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision: from } = await etcd.put(key, "1");
    const { revision } = await etcd.put(key, "2");
    await etcd.compact(revision);
    await expect(etcd.watchOnce(key, { from })).rejects.toMatchObject({ reason: "Compacted" });
    const waiting = expect(etcd.watchOnce(key)).rejects.toMatchObject({ reason: "Closed" });
    await etcd.close();
    await waiting;
  });
}
