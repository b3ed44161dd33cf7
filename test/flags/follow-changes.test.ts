import { describe, expect, it, onTestFinished } from "vitest";
import { createFlags, type Flags } from "../../src/flags/index.ts";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { lostAnswer } from "../transport/network-failures.ts";

const timeoutMs = 200;

interface Followed {
  readonly outside: Etcd;
  readonly flags: Flags<{ limit: number }>;
  readonly digests: AsyncIterator<string>;
}

/** Flags that are followed, whose watch begins as `open` says, and a client beside them. */
async function followed(open: (ask: () => Promise<Response>) => Promise<Response>): Promise<Followed> {
  const memory = createMemoryEtcd();
  const outside = createEtcd({ fetch: memory.fetch });
  const etcd = createEtcd({
    timeoutMs,
    fetch: (url, init) => {
      const ask = (): Promise<Response> => memory.fetch(url, init);
      // A watch that is to outlast compaction first reads which keys there are.
      const begins = String(url).endsWith("/v3/watch") || String(init?.body).includes("keys_only");
      return begins ? open(ask) : ask();
    },
  });
  const flags = createFlags(etcd, { prefix: "flags/", defaults: { limit: 1 } });
  onTestFinished(async () => {
    await flags.close();
    await Promise.all([etcd.close(), outside.close()]);
    memory.close();
  });
  await flags.refresh();
  return { outside, flags, digests: flags.follow()[Symbol.asyncIterator]() };
}

it("tells of a change that is written after the first read and before the watch begins", async () => {
  let asked = (): void => undefined;
  let pass = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const passes = new Promise<void>((resolve) => (pass = resolve));
  const { outside, flags, digests } = await followed(async (ask) => {
    asked();
    await passes;
    return ask();
  });
  const next = digests.next();
  await isAsked;
  // The read that the loop begins with is over, and has seen nothing new.
  await flags.refresh();
  await outside.put("flags/limit", "2");
  pass();
  expect((await next).done).toBe(false);
  expect(flags.get("limit")).toBe(2);
});

it("goes on where no watch can be opened for longer than a call may take", async () => {
  let isAway = true;
  let began: number | undefined;
  let longestMs = 0;
  const { outside, flags, digests } = await followed(async (ask) => {
    if (!isAway) return ask();
    began ??= performance.now();
    longestMs = performance.now() - began;
    throw lostAnswer();
  });
  const next = digests.next();
  await expect.poll(() => longestMs > 2 * timeoutMs).toBe(true);
  isAway = false;
  await outside.put("flags/limit", "2");
  expect((await next).done).toBe(false);
  expect(flags.get("limit")).toBe(2);
});

describe("flags for tests", () => {
  it("follow what is set, until they close or the signal aborts", async () => {
    const flags = createFlags.fake({ limit: 10 });
    const stop = new AbortController();
    const digests = [flags.follow(), flags.follow({ signal: stop.signal })].map((each) => each[Symbol.asyncIterator]());
    const next = (): Promise<unknown> => Promise.all(digests.map((each) => each.next()));
    const first = next();
    // They wait for a change by then.
    await new Promise((resolve) => setImmediate(resolve));
    flags.set({ limit: 20 });
    const changed = { value: flags.digest, done: false };
    expect(await first).toEqual([changed, changed]);
    const over = next();
    stop.abort();
    await flags.close();
    expect(await over).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  });
});
