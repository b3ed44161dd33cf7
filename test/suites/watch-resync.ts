import { expect, it } from "vitest";
import type { WatchBatch } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { take, until } from "./tools.ts";

export function watchResyncSuite(connect: Connect): void {
  it("reports the difference where the start is compacted, then goes on", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}old`, "0");
    const { revision: from } = await etcd.put(`${prefix}a`, "1");
    await etcd.put(`${prefix}b`, "2");
    const { revision: last } = await etcd.put(`${prefix}a`, "3");
    await etcd.compact(last);
    const batches = etcd.watch({ prefix }, { from, onCompaction: "resync" }).batches();
    const difference = (await batches.next()).value as WatchBatch | undefined;
    expect(difference?.events.map(({ type, entry, synthetic, prev }) => [type, entry.text(), synthetic, prev])).toEqual(
      [
        ["put", "2", true, null],
        ["put", "3", true, null],
      ],
    );
    expect(difference?.revision).toBeGreaterThanOrEqual(last);
    expect(difference?.events.every((event) => event.revision === difference.revision)).toBe(true);
    const { revision } = await etcd.put(`${prefix}c`, "4");
    expect((await batches.next()).value).toMatchObject({ revision, events: [{ type: "put", synthetic: false }] });
    await batches.return?.();
  });

  it.each([
    [undefined, ["delete first", "delete gone", "put b new"]],
    ["delete", ["delete first", "delete gone"]],
    ["put", ["put b new"]],
  ] as const)(
    "reports what was deleted meanwhile as well, also of keys from before it began (only %s)",
    async (only, expected) => {
      const etcd = connect();
      const prefix = freshPrefix();
      for (const name of ["gone", "b", "c", "d"]) await etcd.put(prefix + name, "old");
      const watch = etcd.watch({ prefix }, { onCompaction: "resync", maxQueue: 1, only });
      await watch.ready;
      await etcd.put(`${prefix}first`, "1");
      // One more of what is queued than there is room for: it hears nothing of what follows.
      await (only === "delete" ? etcd.delete(`${prefix}c`) : etcd.put(`${prefix}c`, "new"));
      if (only === "delete") await etcd.delete(`${prefix}d`);
      await until("it is closed", () => watch.state === "retrying");
      await etcd.delete(`${prefix}first`);
      await etcd.delete(`${prefix}gone`);
      const { revision } = await etcd.put(`${prefix}b`, "new");
      await etcd.compact(revision);
      const seen: string[] = [];
      for await (const { type, entry, synthetic } of watch) {
        if (synthetic)
          seen.push(`${type} ${entry.key.slice(prefix.length)}${type === "put" ? ` ${entry.text()}` : ""}`);
        if (seen.length === expected.length) break;
      }
      expect(seen.toSorted()).toEqual(expected);
    },
  );

  it("refuses other policies", () => {
    expect(() => connect().watch("a", { onCompaction: "ignore" as never })).toThrow("onCompaction: expected one of");
  });

  it("is nothing for a watch that misses nothing", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision: from } = await etcd.put(key, "1");
    await etcd.put(key, "2");
    const events = await take(2, etcd.watch(key, { from, onCompaction: "resync" }));
    expect(events.map(({ synthetic, entry }) => [synthetic, entry.text()])).toEqual([
      [false, "1"],
      [false, "2"],
    ]);
  });
}
