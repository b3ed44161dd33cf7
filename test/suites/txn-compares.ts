import { expect, it } from "vitest";
import { compare, type Compare, type Etcd, op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, value } from "./tools.ts";

const operators = ["=", "!=", "<", ">"] as const;
/** Whether an actual value that is less than, equal to or greater than the operand satisfies each operator. */
const truth = {
  less: [false, true, true, false],
  equal: [true, false, false, false],
  greater: [false, true, false, true],
};

async function holds(etcd: Etcd, ...conditions: Compare[]): Promise<boolean> {
  return (await etcd.txn({ if: conditions })).succeeded;
}

export function compareSuite(connect: Connect): void {
  it.each(["version", "createRevision", "modRevision", "lease"] as const)(
    "compares the %s by every operator",
    async (target) => {
      const etcd = connect();
      const key = `${freshPrefix()}a`;
      const { id } = await etcd.lease.grant(60);
      await etcd.put(key, "1");
      await etcd.put(key, "2", { lease: id });
      const actual = value(await etcd.get(key))[target];
      const results = (operand: bigint) =>
        Promise.all(operators.map((operator) => holds(etcd, compare[target](key, operator, operand))));
      expect(await results(actual + 1n)).toEqual(truth.less);
      expect(await results(actual)).toEqual(truth.equal);
      expect(await results(actual - 1n)).toEqual(truth.greater);
      await etcd.lease.revoke(id);
    },
  );

  it("compares the value by every operator, bytewise", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, bytes("m", 0x80));
    const results = (operand: string | Uint8Array) =>
      Promise.all(operators.map((operator) => holds(etcd, compare.value(key, operator, operand))));
    expect(await results(bytes("m", 0x81))).toEqual(truth.less);
    expect(await results(bytes("m", 0x80, 0))).toEqual(truth.less);
    expect(await results("n")).toEqual(truth.less);
    expect(await results(bytes("m", 0x80))).toEqual(truth.equal);
    expect(await results(bytes("m", 0x7f, 0xff))).toEqual(truth.greater);
    expect(await results("m")).toEqual(truth.greater);
    expect(await results("")).toEqual(truth.greater);
  });

  it("takes the numbers of a missing key for 0, and its value for no value", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}missing`;
    for (const target of ["version", "createRevision", "modRevision", "lease"] as const) {
      expect(await holds(etcd, compare[target](key, "=", 0n))).toBe(true);
      expect(await holds(etcd, compare[target](key, ">", 0n))).toBe(false);
      expect(await holds(etcd, compare[target](key, "<", 1n))).toBe(true);
    }
    for (const operator of operators) expect(await holds(etcd, compare.value(key, operator, ""))).toBe(false);
  });

  it("takes leases of any 64 bits", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    expect(await holds(etcd, compare.lease(key, "=", 0n))).toBe(true);
    expect(await holds(etcd, compare.lease(key, ">", -(2n ** 63n)))).toBe(true);
    expect(await holds(etcd, compare.lease(key, "<", 2n ** 63n - 1n))).toBe(true);
  });

  it("tells an existing key from a missing one, an empty value being a value", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "");
    expect(await holds(etcd, compare.exists(`${prefix}a`))).toBe(true);
    expect(await holds(etcd, compare.missing(`${prefix}a`))).toBe(false);
    expect(await holds(etcd, compare.exists(`${prefix}b`))).toBe(false);
    expect(await holds(etcd, compare.missing(`${prefix}b`))).toBe(true);
    await etcd.delete(`${prefix}a`);
    expect(await holds(etcd, compare.missing(`${prefix}a`))).toBe(true);
  });

  it("holds over a range if it holds for each of its keys", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, "same");
    expect(await holds(etcd, compare.value({ prefix }, "=", "same"))).toBe(true);
    expect(await holds(etcd, compare.version({ prefix }, "=", 1n))).toBe(true);
    await etcd.put(`${prefix}b`, "other");
    expect(await holds(etcd, compare.value({ prefix }, "=", "same"))).toBe(false);
    expect(await holds(etcd, compare.value({ prefix }, "!=", "else"))).toBe(true);
    expect(await holds(etcd, compare.version({ prefix }, "=", 1n))).toBe(false);
    expect(await holds(etcd, compare.version({ prefix }, ">", 0n))).toBe(true);
    expect(await holds(etcd, compare.value({ from: `${prefix}a`, to: `${prefix}b` }, "=", "same"))).toBe(true);
    expect(await holds(etcd, compare.value({ from: `${prefix}a`, to: `${prefix}c` }, "=", "same"))).toBe(false);
    expect(await holds(etcd, compare.createRevision({ all: true }, ">", 0n))).toBe(true);
    expect(await holds(etcd, compare.modRevision({ from: `${prefix}a` }, "=", 1n))).toBe(false);
  });

  it("tells ranges with keys from those without any", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    expect(await holds(etcd, compare.missing({ prefix }))).toBe(true);
    expect(await holds(etcd, compare.exists({ prefix }))).toBe(false);
    await etcd.put(`${prefix}b`, "");
    expect(await holds(etcd, compare.missing({ prefix }))).toBe(false);
    expect(await holds(etcd, compare.exists({ prefix }))).toBe(true);
    expect(await holds(etcd, compare.missing({ from: `${prefix}a`, to: `${prefix}b` }))).toBe(true);
    expect(await holds(etcd, compare.exists({ from: `${prefix}b`, to: `${prefix}c` }))).toBe(true);
    expect(await holds(etcd, compare.exists({ all: true }))).toBe(true);
  });

  it("takes a condition over a range without keys as one on a missing key", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    expect(await holds(etcd, compare.version({ prefix }, "=", 0n))).toBe(true);
    expect(await holds(etcd, compare.value({ prefix }, "!=", "x"))).toBe(false);
  });

  it("runs `then` if all conditions hold, otherwise `else`", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    const branch = async (...conditions: Compare[]) => {
      const done = await etcd.txn({
        if: conditions,
        then: [op.put(`${prefix}out`, "then")],
        else: [op.put(`${prefix}out`, "else")],
      });
      expect((await etcd.get(`${prefix}out`))?.modRevision).toBe(done.revision);
      return [done.succeeded, (await etcd.get(`${prefix}out`))?.text()];
    };
    const right = compare.value(`${prefix}a`, "=", "1");
    const wrong = compare.exists(`${prefix}b`);
    expect(await branch()).toEqual([true, "then"]);
    expect(await branch(right)).toEqual([true, "then"]);
    expect(await branch(right, right)).toEqual([true, "then"]);
    expect(await branch(right, wrong)).toEqual([false, "else"]);
    expect(await branch(wrong, right)).toEqual([false, "else"]);
  });
}
