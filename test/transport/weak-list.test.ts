import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createWeakList } from "../../src/transport/weak-list.ts";

describe("a weak list", () => {
  it("has what was put in and is held elsewhere, in order, until it is taken out", () => {
    const list = createWeakList<{ readonly id: number }>();
    const items = Array.from({ length: 200 }, (_, id) => ({ id }));
    for (const item of items) list.add(item);
    expect(Array.from(list)).toEqual(items);
    for (const item of items.slice(1)) list.delete(item);
    list.delete({ id: 0 });
    expect(Array.from(list)).toEqual([{ id: 0 }]);
  });

  it("keeps nothing alive", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const list = createWeakList<object>();
    const kept = { kept: true };
    list.add(kept);
    for (let i = 0; i < 100; i++) list.add({ data: new Uint8Array(1000) });
    // What a job has looked at lives until the job is over.
    await new Promise((resolve) => setTimeout(resolve));
    gc();
    expect(Array.from(list)).toEqual([kept]);
  });
});
