import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import {
  Closed,
  ClusterChanged,
  createEtcdV2,
  type EtcdV2,
  HoldLost,
  InvalidArgument,
  Timeout,
} from "../../src/v2/index.ts";
import { times } from "../suites/tools.ts";
import { lostAnswer } from "../transport/network-failures.ts";
import { scripted } from "./scripted.ts";

type Fetch = ReturnType<typeof scripted>["fetch"];

function clientsOf(through?: (memory: Fetch) => Fetch): { etcd: EtcdV2; other: EtcdV2 } {
  const memory = createMemoryEtcd({ clock: "virtual" });
  const etcd = createEtcdV2({ fetch: through?.(memory.fetch) ?? memory.fetch });
  const other = createEtcdV2({ fetch: memory.fetch });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), other.close()]);
    memory.close();
  });
  return { etcd, other };
}

it("one lock object asked twice: the second call keeps to its own time, and a try does not wait", async () => {
  const { etcd, other } = clientsOf();
  const holder = other.lock("door");
  await holder.acquire();
  const mine = etcd.lock("door");
  const first = mine.acquire();
  await expect(mine.acquire({ timeoutMs: 20 })).rejects.toBeInstanceOf(Timeout);
  const stop = new AbortController();
  const second = mine.acquire({ signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(second).rejects.toBe(stop.signal.reason);
  expect(await mine.tryAcquire()).toBeNull();
  await holder.release();
  expect(await mine.tryAcquire().then(async (hold) => hold ?? first)).toBe(await first);
  expect(await other.list("/_locks/door")).toHaveLength(1);
  await mine.release();
});

it("two tries of one lock object get the one hold", async () => {
  const { etcd } = clientsOf();
  const mine = etcd.lock("door");
  const [one, two] = await Promise.all([mine.tryAcquire(), mine.tryAcquire()]);
  expect(one).not.toBeNull();
  expect(two).toBe(one);
});

it("closing the client ends what it holds, and leaves no timer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { etcd } = clientsOf();
  const hold = await etcd.lock("door", { keepAlive: true }).acquire();
  const leading = await etcd.election("leader").campaign("me");
  const kept = await etcd.keepNode("/here", "me", { ttl: 60 });
  await etcd.close();
  await vi.advanceTimersByTimeAsync(1);
  expect([hold, leading].map(({ signal }) => signal.reason)).toEqual([expect.any(HoldLost), expect.any(HoldLost)]);
  expect(kept.signal.aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  await expect(etcd.get("/a")).rejects.toBeInstanceOf(Closed);
});

it("a wait that is refused for its options leaves no timer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { etcd } = clientsOf();
  await expect(etcd.wait("/a", { index: 0n, timeoutMs: 60_000 })).rejects.toBeInstanceOf(InvalidArgument);
  expect(vi.getTimerCount()).toBe(0);
});

/** A campaign whose request to enter the queue is answered when `open` is called. */
function askingToEnter() {
  let open: () => void = () => undefined;
  let posted = 0;
  const passes = new Promise<void>((resolve) => (open = resolve));
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    const answer = await memory(url, init);
    if (init.method !== "POST") return answer;
    posted++;
    await passes;
    return answer;
  });
  const stop = new AbortController();
  const campaign = etcd.election("leader").campaign("me", { signal: stop.signal });
  const ended = vi.fn();
  campaign.catch(ended);
  return { open, other, stop, campaign, ended, asked: () => vi.waitUntil(() => posted > 0) };
}

it("a candidate that gives up before etcd has answered leaves no key behind", async () => {
  const { open, other, stop, campaign, asked } = askingToEnter();
  await asked();
  stop.abort(new Error("enough"));
  open();
  await expect(campaign).rejects.toBe(stop.signal.reason);
  expect(await other.list("/_elections/leader")).toEqual([]);
});

it("a candidate that gives up waits three seconds for etcd, and what comes later is undone as well", async () => {
  const { open, other, stop, campaign, ended, asked } = askingToEnter();
  await asked();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  stop.abort(new Error("enough"));
  await vi.advanceTimersByTimeAsync(2999);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await expect(campaign).rejects.toBe(stop.signal.reason);
  vi.useRealTimers();
  open();
  await vi.waitUntil(async () => (await other.list("/_elections/leader")).length === 0);
});

it("a waiting candidate that gives up while etcd is silent waits three seconds for its key to be deleted", async () => {
  let deletes = 0;
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    if (init.method !== "DELETE") return memory(url, init);
    deletes++;
    return new Promise(() => undefined);
  });
  await other.election("leader").campaign("first");
  const stop = new AbortController();
  const campaign = etcd.election("leader").campaign("second", { signal: stop.signal });
  const ended = vi.fn();
  campaign.catch(ended);
  await vi.waitUntil(async () => (await other.list("/_elections/leader")).length === 2);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  stop.abort(new Error("enough"));
  await vi.advanceTimersByTimeAsync(2999);
  expect([deletes, ended.mock.calls.length]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(1);
  await expect(campaign).rejects.toBe(stop.signal.reason);
});

it("the answer of another cluster is not left open", async () => {
  let canceled = 0;
  const { fetch } = scripted(() => {
    const body = new ReadableStream({ cancel: () => void canceled++ });
    return new Response(body, { headers: { "x-etcd-cluster-id": "2" } });
  });
  const etcd = createEtcdV2({ fetch, expectedClusterId: 1n });
  await expect(etcd.get("/a")).rejects.toBeInstanceOf(ClusterChanged);
  expect(canceled).toBe(1);
});

/** As in a page of another origin, to which etcd's headers are out of sight. */
const withoutHeaders =
  (memory: Fetch, seen: string[]): Fetch =>
  async (url, init) => {
    seen.push(url);
    const { status, body, headers } = await memory(url, init);
    return new Response(body, { status, headers: { "content-type": headers.get("content-type") ?? "" } });
  };

it("a waiter in a page, where no index can be read, waits for a change and not in a loop", async () => {
  const seen: string[] = [];
  const { etcd, other } = clientsOf((memory) => withoutHeaders(memory, seen));
  const holder = other.lock("door");
  await holder.acquire();
  const second = etcd.lock("door").acquire();
  await vi.waitUntil(() => seen.some((url) => url.includes("wait=true")));
  const third = etcd.lock("door");
  const turn = third.acquire();
  await vi.waitUntil(() => seen.filter((url) => url.includes("wait=true")).length === 2);
  // More than etcd keeps the history of.
  await times(1100, () => other.set("/elsewhere", "1", { noValueOnSuccess: true }));
  expect(seen.length).toBeLessThan(15);
  await holder.release();
  const { key } = await second;
  expect(seen.length).toBeLessThan(25);
  await other.delete(key);
  expect((await turn).isHeld()).toBe(true);
  await third.release();
});

it("a waiter goes on waiting while the queue cannot be read; tryAcquire does not", async () => {
  let failing = 0;
  let isWaiting = false;
  const { etcd, other } = clientsOf((memory) => async (url, init) => {
    isWaiting ||= url.includes("wait=true");
    if (init.method !== "GET" || url.includes("wait=true") || failing === 0) return memory(url, init);
    failing--;
    throw lostAnswer();
  });
  const holder = other.lock("door");
  await holder.acquire();
  const turn = etcd.lock("door").acquire();
  await vi.waitUntil(() => isWaiting);
  // More than a call is sent again for.
  failing = 6;
  await holder.release();
  expect((await turn).isHeld()).toBe(true);
  expect(failing).toBe(0);
  failing = Infinity;
  await expect(etcd.lock("door").tryAcquire()).rejects.toMatchObject({ name: "Unreachable" });
});

it("a user who may read only one folder watches in it from a page, which cannot read the index", async () => {
  const memory = createMemoryEtcd();
  const auth = { username: "root", password: "secret" };
  const root = createEtcdV2({ fetch: memory.fetch, auth });
  await root.auth.users.add("root", "secret");
  await root.auth.enable();
  await root.auth.roles.revokePermission("guest", "readwrite", "/*");
  await root.auth.roles.add("reader", { permissions: { read: ["/app/*"] } });
  await root.auth.users.add("page", "secret", { roles: ["reader"] });
  const page = createEtcdV2({ fetch: withoutHeaders(memory.fetch, []), auth: { ...auth, username: "page" } });
  onTestFinished(async () => {
    await Promise.all([root.close(), page.close()]);
    memory.close();
  });
  await root.set("/app/value", "old");
  for (const key of ["/app/value", "/app/folder/none", "/app/folder"]) {
    const watch = page.watch(key, { recursive: true });
    const { index } = await watch.ready;
    const { etcdIndex } = await root.set(key === "/app/folder" ? `${key}/a` : key, "new");
    expect(etcdIndex).toBe(index);
    expect((await watch.next()).value).toMatchObject({ node: { value: "new" } });
    await watch.cancel();
  }
});

describe("something else that answers in etcd's place", () => {
  /** Answers reads with `page` in place of what the memory server says, as often as `left` says. */
  function behindPages(page: () => Response) {
    const pages = { left: 0, polls: 0 };
    const instead = (method: string | undefined): Response | undefined => {
      if (method !== "GET" || pages.left === 0) return undefined;
      pages.left--;
      return page();
    };
    const clients = clientsOf((memory) => async (url, init) => {
      if (url.includes("wait=true")) pages.polls++;
      const soon = instead(init.method);
      if (soon !== undefined) return soon;
      const { status, headers, body } = await memory(url, init);
      const text = await new Response(body).text();
      // Also for a poll that is under way.
      return instead(init.method) ?? new Response(text, { status, headers });
    });
    vi.spyOn(Math, "random").mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    return { ...clients, pages };
  }

  const pages: Record<string, () => Response> = {
    "a page": () => new Response("<html>log in</html>"),
    "a page that is not found": () => new Response("not found", { status: 404 }),
    "a redirect": () => new Response(null, { status: 302, headers: { location: "https://login.example/" } }),
  };

  it.each(Object.entries(pages))("does not end a watch that has worked: %s", async (_, page) => {
    const { etcd, other, pages } = behindPages(page);
    await other.set("/a", "0");
    const watch = etcd.watch("/a");
    await watch.ready;
    // Fifteen in a row, twice: those before an event do not count.
    for (const value of ["1", "2"]) {
      pages.left = 15;
      await other.set("/a", value);
      expect((await watch.next()).value).toMatchObject({ kind: "set", node: { value } });
    }
    await watch.return();
  });

  it("ends a watch at once where it is another cluster", async () => {
    const { etcd, other, pages } = behindPages(() => new Response("{}", { headers: { "x-etcd-cluster-id": "99" } }));
    const watch = etcd.watch("/a");
    await watch.ready;
    pages.left = 16;
    await other.set("/a", "1");
    await expect(watch.next()).rejects.toBeInstanceOf(ClusterChanged);
    expect(pages.left).toBe(15);
  });

  it("does not end a quiet watch in the long run", async () => {
    const { etcd, other, pages } = behindPages(() => new Response("<html>log in</html>"));
    const watch = etcd.watch("/a", { idleMs: 20 });
    await watch.ready;
    const change = watch.next();
    for (let round = 0; round < 3; round++) {
      pages.left = 15;
      await vi.waitUntil(() => pages.left === 0);
      const { polls } = pages;
      await vi.waitUntil(() => pages.polls > polls + 1);
    }
    await other.set("/a", "1");
    expect((await change).value).toMatchObject({ kind: "set" });
    await watch.return();
  });

  it.each(Object.entries(pages))("ends it where it stays: %s", async (_, page) => {
    const { etcd, pages } = behindPages(page);
    const watch = etcd.watch("/a");
    await watch.ready;
    pages.left = 16;
    await expect(watch.next()).rejects.toThrow(/is not etcd's|is not served|redirect/);
    expect(pages.left).toBe(0);
  });

  it.each(Object.entries(pages))("ends one that never worked: %s", async (_, page) => {
    const { etcd, pages } = behindPages(page);
    pages.left = 16;
    await expect(etcd.watch("/a").next()).rejects.toThrow(/is not etcd's|is not served|redirect/);
    expect(pages.left).toBe(15);
  });

  it.each(Object.entries(pages))("does not end the wait for a lock: %s", async (_, page) => {
    const { etcd, other, pages } = behindPages(page);
    const holder = other.lock("door");
    await holder.acquire();
    const turn = etcd.lock("door").acquire();
    await vi.waitUntil(() => pages.polls === 1);
    pages.left = 3;
    await holder.release();
    expect((await turn).isHeld()).toBe(true);
    expect(pages.left).toBe(0);
  });
});
