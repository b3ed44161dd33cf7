import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { Queues, queueRange } from "../../src/memory/lock/wait-lists.ts";
import { Store } from "../../src/memory/store/store.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const names = ["", "q", "q/r"] as const;
const key = fc.constantFrom("/1", "q/1", "q/2", "q/3", "q/r", "q/r/1", "q/r/2", "q", "q0");
const write = fc.record({ key, deletes: fc.boolean() });

describe("queues of keys", () => {
  it("are in the order in which the keys were created, whatever is written", () => {
    fc.assert(
      fc.property(fc.array(fc.array(write, { minLength: 1, maxLength: 3 }), { maxLength: 40 }), (writes) => {
        const store = new Store();
        const queues = new Queues(store);
        for (const changes of writes) {
          store.write((txn) => {
            for (const { key: start, deletes } of changes) {
              if (deletes) txn.delete({ start, single: true, end: undefined });
              else txn.put(start, bytes("x"), 0n);
            }
          });
          for (const name of names) {
            const queue = queues.of(bytes(name));
            const kvs = store.read(queueRange(bytes(name))).kvs;
            const byAge = kvs.toSorted((a, b) => Number(a.createRevision - b.createRevision));
            const text = (kv: (typeof kvs)[number] | undefined): string | undefined =>
              kv && new TextDecoder().decode(kv.key);
            expect(queue.first()).toBe(text(byAge[0]));
            for (const { createRevision } of byAge) {
              const before = byAge.filter((kv) => kv.createRevision < createRevision);
              expect(queue.lastBefore(createRevision)).toBe(text(before.at(-1)));
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("hand a lock over without a look at all who wait", async () => {
    const memory = createMemoryEtcd({ clock: "virtual" });
    const post = async (path: string, body: unknown): Promise<{ key: string }> => {
      const response = await memory.fetch(`http://memory.test/v3/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return (await response.json()) as { key: string };
    };
    const waiting: Promise<{ key: string }>[] = [];
    for (let ID = 1; ID <= 300; ID++) {
      await post("lease/grant", { ID, TTL: 60 });
      waiting.push(post("lock/lock", { name: btoa("l"), lease: ID }));
    }
    await vi.waitUntil(() => memory.watchers === 299);
    let seen = 0;
    const read = Store.prototype.read;
    const spy = vi.spyOn(Store.prototype, "read").mockImplementation(function (this: Store, ...args) {
      const found = read.apply(this, args);
      seen += found.kvs.length;
      return found;
    });
    onTestFinished(() => spy.mockRestore());
    for (const lock of waiting) await post("lock/unlock", { key: (await lock).key });
    // Each key is read once, to be deleted.
    expect(seen).toBe(300);
  });
});
