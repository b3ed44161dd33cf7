import { describe, expect, it } from "vitest";
import { Entry } from "../../src/v3/kv/entry.ts";
import { createCacheStore } from "../../src/recipes/cache/cache-store.ts";
import { type Fit, takeIn } from "../../src/recipes/cache/cache-take-in.ts";
import { keyId } from "../../src/recipes/key-ids.ts";

const utf8 = new TextEncoder();
const keyBytes = utf8.encode("p/a");
const parts = { keyBytes, value: utf8.encode("1"), createRevision: 3n, modRevision: 5n, version: 2n, lease: 7n };

/** A store that has one entry. `take` loads the range again, with that entry as it is there by then. */
async function loaded(): Promise<{ take(entry: Entry): Promise<boolean | undefined>; now(): Entry | undefined }> {
  const store = createCacheStore<Entry>();
  const { signal } = new AbortController();
  const target = { store, read: (entry: Entry) => ({ value: entry }), onInvalid: "error", signal } as const;
  // The whole range of what may be another history: a restored backup.
  const fit = (): Fit => ({ since: store.revision, anew: true, fits: () => true });
  const take = (entry: Entry): Promise<boolean | undefined> =>
    takeIn(target, { revision: 9n, whole: true, entries: [entry], gone: [] }, fit());
  await take(new Entry(parts));
  return { take, now: () => store.item(keyId(keyBytes))?.current?.value };
}

describe("a cache that loads its range again", () => {
  // A key that was deleted and created again within a load, or in a restored backup, may differ in any one of them.
  it.each([
    ["value", utf8.encode("2")],
    ["createRevision", 4n],
    ["modRevision", 6n],
    ["version", 1n],
    ["lease", 0n],
  ] as const)("shows an entry whose %s alone is another", async (part, other) => {
    const { take, now } = await loaded();
    expect(await take(new Entry({ ...parts, [part]: other }))).toBe(true);
    expect(now()?.[part]).toEqual(other);
  });

  it("keeps an entry that is the same, and tells of no change", async () => {
    const { take, now } = await loaded();
    const before = now();
    expect(await take(new Entry({ ...parts, value: utf8.encode("1") }))).toBe(false);
    expect(now()).toBe(before);
  });
});
