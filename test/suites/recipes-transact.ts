import type { Interceptor } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { type Etcd, type Isolation, type Transaction, transact } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, recorder, times, value } from "./tools.ts";

const isolations: readonly Isolation[] = ["serializable-snapshot", "serializable", "repeatable-read", "read-committed"];
const checked = isolations.filter((isolation) => isolation !== "read-committed");
const snapshots = ["serializable-snapshot", "serializable"] as const;

/** Sends each transaction a second time once it is answered, as some browsers do with any POST. */
const twice: Interceptor = (next) => async (request) => {
  if (request.method.name === "Txn") await next(request);
  return next(request);
};

export function transactSuite(connect: Connect): void {
  const open = (): Etcd => connect({ namespace: freshPrefix() });

  it.each(isolations)("writes what the function put and deleted, all at one revision: %s", async (isolation) => {
    const etcd = open();
    await etcd.put("a", "1");
    const { id } = await etcd.lease.grant(60);
    const answer = await transact(
      etcd,
      async (tx) => {
        const a = value(await tx.get("a"));
        tx.put("b", a.text());
        tx.put(new Uint8Array([0xff]), "bytes", { lease: id });
        tx.delete("a");
        return `had ${a.text()}`;
      },
      { isolation },
    );
    expect(answer).toBe("had 1");
    const { entries } = await etcd.range({ all: true });
    // Other than what it remembers of itself.
    const own = entries.filter(({ keyBytes }) => keyBytes.length === 1);
    expect(own.map((entry) => [entry.text(), entry.lease])).toEqual([
      ["1", 0n],
      ["bytes", id],
    ]);
    expect(new Set(own.map(({ modRevision }) => modRevision)).size).toBe(1);
    await etcd.lease.revoke(id);
  });

  it.each(isolations)("keeps the leases of keys that it has read, unless it gives one: %s", async (isolation) => {
    const etcd = open();
    const { id } = await etcd.lease.grant(60);
    const { id: other } = await etcd.lease.grant(60);
    const names = ["detached", "moved", "new", "one", "range/a", "unread"];
    for (const name of names) await etcd.put(name, "0", { lease: id });
    await transact(
      etcd,
      async (tx) => {
        await tx.get(["detached", "moved", "new", "one"]);
        await tx.range({ prefix: "range/" });
        tx.put("detached", "1", { lease: 0n });
        tx.put("moved", "1", { lease: other });
        tx.put("moved", "2");
        tx.delete("new");
        tx.put("new", "1");
        tx.put("one", "1");
        tx.put("range/a", "1");
        tx.put("unread", "1");
        expect((await tx.get(["detached", "moved", "new", "one"])).map((entry) => entry?.lease)).toEqual([
          0n,
          other,
          0n,
          id,
        ]);
      },
      { isolation },
    );
    const found = await Promise.all(names.map(async (name) => value(await etcd.get(name))));
    expect(found.map((entry) => [entry.key, entry.text(), entry.lease])).toEqual([
      ["detached", "1", 0n],
      ["moved", "2", other],
      ["new", "1", 0n],
      ["one", "1", id],
      ["range/a", "1", id],
      ["unread", "1", 0n],
    ]);
    await etcd.lease.revoke(id);
    await etcd.lease.revoke(other);
  });

  it("puts a key whose lease has ended since it was read, where nothing is checked", async () => {
    const etcd = open();
    const { id } = await etcd.lease.grant(60);
    await etcd.put("a", "0", { lease: id });
    await transact(
      etcd,
      async (tx) => {
        await tx.get("a");
        await etcd.lease.revoke(id);
        tx.put("a", "1");
      },
      { isolation: "read-committed" },
    );
    expect(await etcd.get("a")).toMatchObject({ lease: 0n, version: 1n });
  });

  it("shows the function its own writes", async () => {
    const etcd = open();
    for (const name of ["x/a", "x/b", "x/c"]) await etcd.put(name, name);
    await transact(etcd, async (tx) => {
      tx.put("x/b", "mine", { lease: 0n });
      tx.put("x/d", "new");
      tx.put("y", "elsewhere");
      tx.delete("x/c");
      expect((await tx.get("x/b"))?.text()).toBe("mine");
      expect(await tx.get("x/b")).toMatchObject({ key: "x/b", createRevision: 0n, modRevision: 0n, version: 0n });
      expect(await tx.get("x/c")).toBeNull();
      const seen = await tx.range({ prefix: "x/" });
      expect(seen.map((entry) => [entry.key, entry.text()])).toEqual([
        ["x/a", "x/a"],
        ["x/b", "mine"],
        ["x/d", "new"],
      ]);
      expect((await tx.range({ from: "x/b", to: "x/d" })).map(({ key }) => key)).toEqual(["x/b"]);
      expect((await tx.range("x/d")).map(({ key }) => key)).toEqual(["x/d"]);
      const [a, d, none] = await tx.get(["x/a", "x/d", "z"]);
      expect([a?.text(), d?.text(), none]).toEqual(["x/a", "new", null]);
    });
    expect(await etcd.keys({ prefix: "x/" })).toEqual(["x/a", "x/b", "x/d"]);
  });

  it("writes the bytes that it was given, whatever becomes of them before the commit", async () => {
    const etcd = open();
    const [key, text] = [bytes("a"), bytes("1")];
    await transact(etcd, (tx) => {
      for (const letter of "ab") {
        key.set(bytes(letter));
        text.set(bytes(letter));
        tx.put(key, text);
      }
    });
    const [a, b] = [await etcd.get("a"), await etcd.get("b")];
    expect([a?.text(), b?.text()]).toEqual(["a", "b"]);
  });

  it("of several writes of a key it takes the last", async () => {
    const etcd = open();
    await transact(etcd, (tx) => {
      tx.put("a", "1");
      tx.delete("a");
      tx.put("a", "2");
      tx.put("b", "1");
      tx.delete("b");
    });
    expect((await etcd.get("a"))?.text()).toBe("2");
    expect(await etcd.get("a")).toMatchObject({ version: 1n });
    expect(await etcd.get("b")).toBeNull();
  });

  it("writes nothing when the function throws, and rejects with what it threw", async () => {
    const etcd = open();
    const mine = new RangeError("mine");
    const failing = transact(etcd, async (tx) => {
      tx.put("a", "1");
      await tx.get("b");
      throw mine;
    });
    await expect(failing).rejects.toBe(mine);
    expect(await etcd.get("a")).toBeNull();
  });

  it.each(checked)("runs again when somebody changed what it read: %s", async (isolation) => {
    const etcd = open();
    await etcd.put("a", "1");
    const attempts: number[] = [];
    await transact(
      etcd,
      async (tx) => {
        attempts.push(tx.attempt);
        const a = value(await tx.get("a")).text();
        if (tx.attempt === 1) await etcd.put("a", "2");
        tx.put("b", `saw ${a}`);
      },
      { isolation },
    );
    expect(attempts).toEqual([1, 2]);
    expect((await etcd.get("b"))?.text()).toBe("saw 2");
  });

  it.each<[string, (etcd: Etcd) => Promise<unknown>]>([
    ["a change", (etcd) => etcd.put("x/a", "2")],
    ["a new key", (etcd) => etcd.put("x/new", "1")],
    ["a key that is gone", (etcd) => etcd.delete("x/a")],
  ])("runs again for %s in a range that it read", async (_, change) => {
    const etcd = open();
    await etcd.put("x/a", "1");
    await etcd.put("x/b", "1");
    let runs = 0;
    await transact(etcd, async (tx) => {
      const seen = await tx.range({ prefix: "x/" });
      if (runs++ === 0) await change(etcd);
      tx.put("sum", String(seen.length));
    });
    expect(runs).toBe(2);
    expect((await etcd.get("sum"))?.text()).toBe(String(await etcd.count({ prefix: "x/" })));
  });

  it.each(isolations)("tells a key that came or went from one that was not there: %s", async (isolation) => {
    const etcd = open();
    let runs = 0;
    await transact(
      etcd,
      async (tx) => {
        const there = (await tx.get("a")) !== null;
        if (runs++ === 0) await etcd.put("a", "1");
        tx.put("b", String(there));
      },
      { isolation },
    );
    expect((await etcd.get("b"))?.text()).toBe(isolation === "read-committed" ? "false" : "true");
  });

  it("minds others' writes of what it only writes as serializable-snapshot alone", async () => {
    for (const isolation of isolations) {
      const etcd = open();
      let runs = 0;
      await transact(
        etcd,
        async (tx) => {
          await tx.get("read");
          if (runs++ === 0) await etcd.put("blind", "rival");
          tx.put("blind", "mine");
        },
        { isolation },
      );
      expect([isolation, runs]).toEqual([isolation, isolation === "serializable-snapshot" ? 2 : 1]);
      expect((await etcd.get("blind"))?.text()).toBe("mine");
    }
  });

  it.each(snapshots)("reads everything as of its first read: %s", async (isolation) => {
    const etcd = open();
    await etcd.put("x/a", "1");
    await etcd.put("x/b", "1");
    const seen = await transact(
      etcd,
      async (tx) => {
        const a = value(await tx.get("x/a")).text();
        await etcd.put("x/b", "2");
        await etcd.put("x/c", "2");
        const [b, c] = await tx.get(["x/b", "x/c"]);
        return [a, b?.text(), c, (await tx.range({ from: "x/a", to: "x/d" })).length];
      },
      { isolation },
    );
    expect(seen).toEqual(["1", "1", null, 2]);
  });

  it("reads a key once as repeatable-read, and each time as read-committed", async () => {
    for (const isolation of ["repeatable-read", "read-committed"] as const) {
      const etcd = open();
      await etcd.put("a", "1");
      let runs = 0;
      const seen = await transact(
        etcd,
        async (tx) => {
          const before = value(await tx.get("a")).text();
          if (runs++ === 0) await etcd.put("a", "2");
          return [before, value(await tx.get("a")).text(), (await tx.get("later")) === null];
        },
        { isolation },
      );
      // As repeatable-read the first attempt saw 1 twice, and was found out.
      expect([runs, ...seen]).toEqual(isolation === "repeatable-read" ? [2, "2", "2", true] : [1, "1", "2", true]);
    }
  });

  it.each(checked)("commits nothing that saw a key in two states, alone and in a range: %s", async (isolation) => {
    const alone = async (tx: Transaction): Promise<string | undefined> => (await tx.get("r/a"))?.text();
    const ranged = async (tx: Transaction): Promise<string | undefined> =>
      (await tx.range({ prefix: "r/" }))[0]?.text();
    const wider = async (tx: Transaction): Promise<string | undefined> =>
      (await tx.range({ from: "r/", to: "r/b" }))[0]?.text();
    const reads = [
      [alone, ranged],
      [ranged, alone],
      [ranged, wider],
    ] as const;
    const changes = [
      ["1", (etcd: Etcd) => etcd.delete("r/a")],
      ["1", (etcd: Etcd) => etcd.put("r/a", "2")],
      [undefined, (etcd: Etcd) => etcd.put("r/a", "2")],
    ] as const;
    const cases = reads.flatMap((each) => changes.map((change) => [...each, ...change] as const));
    await times(cases.length, async (i) => {
      const [first, second, there, change] = value(cases[i]);
      const etcd = open();
      if (there !== undefined) await etcd.put("r/a", there);
      const [before, after] = await transact(
        etcd,
        async (tx) => {
          const seen = await first(tx);
          if (tx.attempt === 1) await change(etcd);
          const both = [seen, await second(tx)] as const;
          tx.put("seen", JSON.stringify(both));
          return both;
        },
        { isolation },
      );
      expect(before, `case ${i}`).toBe(after);
    });
  });

  it("takes reads side by side as one snapshot", async () => {
    const etcd = open();
    await times(20, (i) => etcd.put(`k${i}`, "0"));
    await transact(etcd, async (tx) => {
      const [first, ...others] = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          if (i === 10 && tx.attempt === 1) await etcd.put("k15", "1");
          return tx.get(`k${i}`);
        }),
      );
      expect(first?.text()).toBe("0");
      expect(others).toHaveLength(19);
      tx.put("done", "");
    });
    expect(await etcd.has("done")).toBe(true);
  });

  it("needs no commit to read, and one request for all keys of an attempt before", async () => {
    const { interceptor, rpcs, calls } = recorder();
    const etcd = connect({ namespace: freshPrefix(), interceptors: [interceptor] });
    await transact(etcd, async (tx) => [await tx.get("a"), await tx.get("a"), await tx.get("b")]);
    expect(rpcs()).toEqual(["Txn", "Txn"]);
    calls.length = 0;
    await transact(etcd, async (tx) => {
      for (const key of ["a", "b", "c"]) await tx.get(key);
      if (tx.attempt === 1) await etcd.put("a", "1");
      tx.put("d", "");
    });
    expect(rpcs().filter((rpc) => rpc !== "LeaseGrant")).toEqual(["Txn", "Txn", "Txn", "Put", "Txn", "Txn", "Txn"]);
  });

  it("starts again when the revision it reads at has been compacted", async () => {
    const etcd = open();
    await etcd.put("a", "1");
    let runs = 0;
    const seen = await transact(etcd, async (tx) => {
      await tx.get("a");
      if (runs++ === 0) {
        const { revision } = await etcd.put("b", "1");
        await etcd.compact(revision);
      }
      return (await tx.get("b"))?.text();
    });
    expect([runs, seen]).toEqual([2, "1"]);
  });

  it("gives up after maxAttempts", async () => {
    const etcd = open();
    let runs = 0;
    const hopeless = transact(
      etcd,
      async (tx) => {
        await tx.get("a");
        await etcd.put("a", String(runs++));
        tx.put("b", "");
      },
      { maxAttempts: 3 },
    );
    await expect(hopeless).rejects.toMatchObject({ reason: "Conflict", outcome: "not-applied" });
    expect(runs).toBe(3);
    expect(await etcd.has("b")).toBe(false);
  });

  it("takes 126 writes and 126 reads, and says what is too much before it sends it", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ namespace: freshPrefix(), interceptors: [interceptor] });
    const put = (n: number) =>
      transact(etcd, (tx) => Array.from({ length: n }, (_, i) => tx.put(`k/${i}`, "1")).length);
    await put(126);
    expect(await etcd.count({ prefix: "k/" })).toBe(126n);
    const sent = rpcs().length;
    await expect(put(127)).rejects.toMatchObject({ reason: "TooManyOps", outcome: "not-applied" });
    await expect(put(127)).rejects.toThrow("127 keys; at most 126 are possible");
    expect(rpcs()).toHaveLength(sent);
    const move = (n: number) =>
      transact(etcd, async (tx) => {
        const found = await tx.get(Array.from({ length: n }, (_, i) => `k/${i}`));
        tx.put("k/0", String(found.length));
      });
    await move(126);
    expect((await etcd.get("k/0"))?.text()).toBe("126");
    await expect(move(127)).rejects.toMatchObject({ reason: "TooManyOps", outcome: "not-applied" });
    // Reads alone may be as many as one likes.
    const all = await transact(etcd, (tx) => tx.get(Array.from({ length: 300 }, (_, i) => `k/${i}`)));
    expect(all.filter((entry) => entry !== null)).toHaveLength(126);
  });

  it("is over when its signal says so or its time is up", async () => {
    const etcd = open();
    const mine = new RangeError("mine");
    await expect(transact(etcd, () => 1, { signal: AbortSignal.abort(mine) })).rejects.toBe(mine);
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const waiting = transact(
      etcd,
      (tx) => {
        inner = tx.signal;
        controller.abort(mine);
        return new Promise(() => undefined);
      },
      { signal: controller.signal },
    );
    await expect(waiting).rejects.toBe(mine);
    expect(inner?.reason).toBe(mine);
    const late = transact(etcd, () => new Promise(() => undefined), { timeoutMs: 30 });
    await expect(late).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    await expect(late).rejects.toThrow("within 30 ms");
  });

  it("refuses to go on with a transaction that has ended", async () => {
    const etcd = open();
    const tx = await transact(etcd, (it) => it);
    expect(() => tx.put("a", "1")).toThrow("has ended");
    expect(() => tx.delete("a")).toThrow("has ended");
    await expect(tx.get("a")).rejects.toMatchObject({ reason: "Closed" });
    await expect(tx.range({ prefix: "a" })).rejects.toMatchObject({ reason: "Closed" });
  });

  it("refuses what it does not know", async () => {
    const etcd = open();
    const wrong = (options: object) => transact(etcd, () => 1, options);
    await expect(wrong({ isolation: "snapshot" })).rejects.toThrow("isolation: expected one of");
    await expect(wrong({ maxAttempts: 0 })).rejects.toMatchObject({ reason: "InvalidArgument" });
    await expect(wrong({ timeoutMs: -1 })).rejects.toMatchObject({ reason: "InvalidArgument" });
    await expect(wrong({ retries: 3 })).rejects.toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
    await expect(transact(etcd, "no function" as never)).rejects.toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
    await expect(transact(etcd, (tx) => tx.get(""))).rejects.toMatchObject({ reason: "InvalidArgument" });
    await expect(transact(etcd, (tx) => tx.put("", ""))).rejects.toMatchObject({ reason: "InvalidArgument" });
    await expect(transact(etcd, (tx) => tx.delete({ prefix: "a" } as never))).rejects.toThrow("key: expected");
  });

  describe.each([
    ["sent once", []],
    ["sent twice", [twice]],
  ])("beside others, each request %s", (_, interceptors) => {
    it.each(checked)("loses no money between accounts, and never shows some missing: %s", async (isolation) => {
      const etcd = connect({ namespace: freshPrefix(), interceptors });
      const accounts = ["a", "b", "c", "d"];
      for (const name of accounts) await etcd.put(name, "100");
      const sums: number[] = [];
      await times(
        24,
        async (i) => {
          const from = accounts[i % 4] ?? "";
          const to = accounts[(i + 1 + (i % 3)) % 4] ?? "";
          await transact(
            etcd,
            async (tx) => {
              const [source, target] = await tx.get([from, to]);
              tx.put(from, String(Number(source?.text()) - 7));
              tx.put(to, String(Number(target?.text()) + 7));
            },
            { isolation },
          );
          const seen = await transact(etcd, (tx) => tx.get(accounts), { isolation });
          sums.push(seen.reduce((sum, entry) => sum + Number(entry?.text()), 0));
        },
        6,
      );
      expect(new Set(sums)).toEqual(new Set([400]));
      const versions = await Promise.all(accounts.map(async (name) => value(await etcd.get(name)).version));
      // Each transfer writes two of them, once.
      expect(versions.reduce((sum, version) => sum + version, 0n)).toBe(4n + 48n);
    });
  });
}
