import type { Interceptor } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { EtcdError } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { recorder, until } from "./tools.ts";

/** Lets requests pass, and keeps the answers until the call ends. */
const unanswered: Interceptor = (next) => async (request) => {
  await next(request);
  return new Promise((_, reject) => {
    if (request.signal.aborted) reject(request.signal.reason as Error);
    else request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
  });
};

export function closeSuite(connect: Connect): void {
  const closed = { reason: "Closed", outcome: "not-applied", retryable: false };

  it("refuses all calls after that, and sends nothing", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    await etcd.close();
    await expect(etcd.get("a")).rejects.toMatchObject(closed);
    await expect(etcd.put("a", "1")).rejects.toMatchObject(closed);
    await expect(etcd.put("a", "1", { exactlyOnce: true })).rejects.toMatchObject(closed);
    await expect(etcd.put("a", "1", { guard: { modRevision: 1n } })).rejects.toMatchObject(closed);
    await expect(etcd.txn({})).rejects.toMatchObject(closed);
    await expect(etcd.scan("a").next()).rejects.toMatchObject(closed);
    await expect(etcd.namespace("x/").get("a")).rejects.toMatchObject(closed);
    await expect(etcd.watchOnce("a")).rejects.toMatchObject(closed);
    expect(() => etcd.watch("a")).toThrow(EtcdError);
    expect(calls).toEqual([]);
  });

  it("ends calls that are under way: reads with outcome not-applied, writes with outcome unknown", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor, unanswered] });
    const key = `${freshPrefix()}a`;
    const read = expect(etcd.get(key)).rejects.toMatchObject(closed);
    const write = expect(etcd.namespace(key).put("b", "1")).rejects.toMatchObject({ ...closed, outcome: "unknown" });
    await until("both are under way", () => calls.length === 2);
    await etcd.close();
    await Promise.all([read, write]);
  });

  it("may be asked for twice, by whichever view, and by the end of a scope", async () => {
    const outer = connect();
    await outer.namespace("x/").close();
    await outer.close();
    await expect(outer.get("a")).rejects.toMatchObject(closed);
    const left = connect();
    {
      await using etcd = left;
      expect(await etcd.get(`${freshPrefix()}a`)).toBeNull();
    }
    await expect(left.get("a")).rejects.toMatchObject(closed);
  });

  it("leaves other clients alone", async () => {
    const [one, two] = [connect(), connect()];
    await one.close();
    expect(await two.get(`${freshPrefix()}a`)).toBeNull();
  });
}
