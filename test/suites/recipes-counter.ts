import { expect, it } from "vitest";
import { counter } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { times } from "./tools.ts";

export function counterSuite(connect: Connect): void {
  it("counts from 0, up and down, as far as one likes", async () => {
    const etcd = connect();
    const name = `${freshPrefix()}n`;
    const hits = counter(etcd, name);
    expect(await hits.get()).toBe(0n);
    expect(await hits.add()).toBe(1n);
    expect(await hits.add(41)).toBe(42n);
    expect(await hits.add(-50n)).toBe(-8n);
    expect(await hits.add(2n ** 80n)).toBe(2n ** 80n - 8n);
    expect(await hits.set(5)).toBe(2n ** 80n - 8n);
    expect(await counter(etcd, name).get()).toBe(5n);
    expect((await etcd.get(name))?.text()).toBe("5");
  });

  it("loses no count of many at once, and gives each its own sum", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const sums: bigint[] = [];
    await times(40, async () => sums.push(await counter(etcd, "n").add(3)), 8);
    expect(sums.sort((a, b) => Number(a - b))).toEqual(Array.from({ length: 40 }, (_, i) => BigInt(i + 1) * 3n));
    expect(await counter(etcd, "n").get()).toBe(120n);
  });

  it("refuses a key without a number, and an amount that is not a number", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    await etcd.put("text", "many");
    const refusal = { reason: "RecipeMismatch", outcome: "not-applied" };
    await expect(counter(etcd, "text").get()).rejects.toMatchObject(refusal);
    await expect(counter(etcd, "text").add(1)).rejects.toMatchObject(refusal);
    expect((await etcd.get("text"))?.text()).toBe("many");
    await expect(counter(etcd, "n").add(0.5)).rejects.toMatchObject({ reason: "InvalidArgument" });
    await expect(counter(etcd, "n").add("1" as never)).rejects.toMatchObject({ reason: "InvalidArgument" });
    expect(() => counter(etcd, "")).toThrow("name");
    await expect(counter(etcd, "n").get({ timeout: 1 } as never)).rejects.toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
  });
}
