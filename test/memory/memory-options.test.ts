import { expect, it } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";

it("options that do not exist are refused, and the nearest named", () => {
  expect(() => createMemoryEtcd({ sede: 1 } as never)).toThrow(
    'createMemoryEtcd: unknown option "sede"; did you mean "seed"?',
  );
  expect(() => createMemoryEtcd(null as never)).toThrow("createMemoryEtcd: expected an options object, got null");
  const { faults } = createMemoryEtcd();
  expect(() => faults.drop({ time: 2 } as never)).toThrow('faults: unknown option "time"; did you mean "times"?');
});

it("a memory is closed at the end of a block, of either kind", async () => {
  const [first, second] = [createMemoryEtcd(), createMemoryEtcd()];
  {
    await using closing: AsyncDisposable = first;
    using closingToo: Disposable = second;
    void [closing, closingToo];
  }
  for (const { fetch } of [first, second])
    await expect(fetch("http://memory.test/version")).rejects.toThrow("fetch failed");
});
