import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";
import { bigValue, value } from "./tools.ts";

export function sizeSuite(connect: Connect): void {
  it("keeps an empty value", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}text`, "");
    await etcd.put(`${prefix}bytes`, new Uint8Array(0));
    for (const entry of (await etcd.range({ prefix })).entries) {
      expect(entry.value).toEqual(new Uint8Array(0));
      expect(entry.text()).toBe("");
    }
  });

  it("keeps a value of 1 MiB, and a key of 64 KiB", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const big = bigValue(1024 * 1024);
    await etcd.put(`${prefix}a`, big);
    const found = value(await etcd.get(`${prefix}a`));
    expect(found.value.length).toBe(big.length);
    expect(found.value.every((byte, i) => byte === big[i])).toBe(true);
    const long = prefix + "k".repeat(64 * 1024);
    await etcd.put(long, "1");
    expect(await etcd.keys({ prefix: `${prefix}k` })).toEqual([long]);
    await etcd.delete({ prefix });
  });

  it.each([
    ["etcd", 1_600_000],
    ["etcd's gRPC server", 3_000_000],
  ])("reports what is too large for %s, and that it was not written", async (_, size) => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await expect(etcd.put(key, new Uint8Array(size))).rejects.toMatchObject({
      reason: "RequestTooLarge",
      outcome: "not-applied",
      retryable: false,
    });
    expect(await etcd.has(key)).toBe(false);
  });

  it("answers a range far larger than what a request may be", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const size = 1_000_000;
    for (let i = 0; i < 5; i++) await etcd.put(`${prefix}${i}`, bigValue(size, i));
    const { entries } = await etcd.range({ prefix });
    expect(entries.map((entry) => entry.value.length)).toEqual([size, size, size, size, size]);
    expect(entries[4]?.value.subarray(-100)).toEqual(bigValue(size, 4).subarray(-100));
    await etcd.delete({ prefix });
  });
}
