import { onTestFinished } from "vitest";
import { cache, type Cache, type CacheOptions, type Entry, type Etcd, type Selector } from "../../src/index.ts";

/** A cache of entries that is closed after the test. A poll cache asks only when told to. */
export async function open(etcd: Etcd, selector: Selector, options: CacheOptions = {}): Promise<Cache<Entry>> {
  const opened = await cache(etcd, selector, { ...(options.mode === "poll" && { pollMs: false }), ...options });
  onTestFinished(() => opened.close());
  return opened;
}

/** All of a range as the server tells it, in its order. */
export async function served(etcd: Etcd, selector: Selector): Promise<Entry[]> {
  return (await etcd.range(selector)).entries;
}
