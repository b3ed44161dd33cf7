import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd, type EtcdOptions, type Watcher } from "../../../src/index.ts";
import { createGatewayTransport } from "../../../src/transport/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../../src/memory/index.ts";
import { etcdErrorOf } from "../../transport/etcd-error.ts";
import { take, until } from "../../suites/tools.ts";
import { type EndpointFetch, endpointFetch } from "./endpoint-fetch.ts";

const hosts = ["http://a", "http://b", "http://c"];

interface Cluster extends EndpointFetch {
  readonly memory: MemoryEtcd;
  readonly etcd: Etcd;
  /** A client that no fault concerns. */
  readonly writer: Etcd;
}

function cluster(options: Partial<EtcdOptions> = {}): Cluster {
  const memory = createMemoryEtcd();
  const endpoints = endpointFetch(memory.fetch);
  const etcd = createEtcd({ endpoints: hosts, fetch: endpoints.fetch, ...options } as EtcdOptions);
  const writer = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await etcd.close();
    await writer.close();
  });
  return { ...endpoints, memory, etcd, writer };
}

const texts = async (n: number, watch: Watcher): Promise<string[]> =>
  (await take(n, watch)).map(({ entry }) => entry.text());

/** The requests of one path, by host. */
const asked = ({ requests }: Pick<EndpointFetch, "requests">, path: string): string[] =>
  requests.filter((line) => line.endsWith(path)).map((line) => line.slice(0, 1));

describe("after a plain break a watch reopens without a wait where another endpoint is healthy", () => {
  it.each(["reset", "end"] as const)("when its stream breaks with a %s", async (how) => {
    const { etcd, writer, cut, ...rest } = cluster();
    const watch = etcd.watch("k");
    await watch.ready;
    // No timer of ours ever fires.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    cut("a", how);
    await writer.put("k", "1");
    expect(await texts(1, watch)).toEqual(["1"]);
    expect(asked(rest, "/watch")).toEqual(["a", how === "reset" ? "b" : "a"]);
  });

  it("when its member is gone as well, and another: with hardly a wait", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    onTestFinished(() => void vi.restoreAllMocks());
    const { etcd, writer, cut, states, ...rest } = cluster();
    const watch = etcd.watch("k");
    await watch.ready;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    states.set("a", "refused");
    states.set("b", "refused");
    cut("a", "end");
    await writer.put("k", "1");
    const events = texts(1, watch);
    let waited = 0;
    for (; !asked(rest, "/watch").includes("c") && waited < 1000; waited += 10) await vi.advanceTimersByTimeAsync(10);
    expect(await events).toEqual(["1"]);
    expect(asked(rest, "/watch")).toEqual(["a", "a", "b", "c"]);
    // The second of three failures waits up to 100 ms, each of the others up to 200.
    expect(waited).toBeLessThanOrEqual(310);
  });
});

describe("a server that confirms and breaks in a circle is asked more and more seldom", () => {
  const header = { cluster_id: "1", member_id: "1", revision: "5", raft_term: "1" };
  const line = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  const created = { result: { header, watch_id: "1", created: true } };

  /** How often each path is asked for in a minute. */
  async function requests(
    what: { answer: (path: string, close: () => void) => unknown[]; json?: object },
    options: Partial<EtcdOptions>,
    watching: Parameters<Etcd["watch"]>[1] = {},
  ) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const counts: Record<string, number> = {};
    const fetch = async (url: string): Promise<Response> => {
      const { pathname } = new URL(url);
      counts[pathname] = (counts[pathname] ?? 0) + 1;
      if (pathname !== "/v3/watch") return Response.json({ header, ...what.json });
      return new Response(
        new ReadableStream<Uint8Array>({
          start(controller) {
            for (const each of what.answer(pathname, () => void setTimeout(() => controller.close(), 20)))
              controller.enqueue(line(each));
          },
        }),
      );
    };
    const etcd = createEtcd({ ...options, fetch } as EtcdOptions);
    onTestFinished(() => etcd.close());
    const watch = etcd.watch("a", watching);
    const ended = take(Infinity, watch).then(
      () => undefined,
      (error: unknown) => error,
    );
    for (let ms = 0; ms < 60_000; ms += 100) await vi.advanceTimersByTimeAsync(100);
    return { counts, ended, watch };
  }

  it.each([1, 3])("created, then the end, with %i endpoints", async (endpoints) => {
    const { counts } = await requests(
      {
        answer(_, close) {
          close();
          return [created];
        },
      },
      { endpoints: hosts.slice(0, endpoints) },
    );
    // At four a second it would be 240.
    expect(counts["/v3/watch"]).toBeGreaterThan(10);
    expect(counts["/v3/watch"]).toBeLessThan(50);
  });

  it("created, then canceled for an invalid token: one new login, then it ends with that", async () => {
    const { counts, ended } = await requests(
      {
        answer: () => [
          created,
          { result: { header, watch_id: "1", canceled: true, cancel_reason: "etcdserver: invalid auth token" } },
        ],
        json: { token: "t" },
      },
      { auth: { username: "u", password: "p" } },
    );
    expect(await ended).toMatchObject({ reason: "InvalidAuthToken" });
    expect(counts).toEqual({ "/v3/auth/authenticate": 2, "/v3/watch": 2 });
  });

  it("created, then compacted, under onCompaction: resync", async () => {
    const { counts, watch } = await requests(
      {
        answer: () => [created, { result: { header, watch_id: "1", canceled: true, compact_revision: "99" } }],
        json: { kvs: [], count: "0" },
      },
      {},
      { from: 2n, onCompaction: "resync" },
    );
    expect(watch.state).not.toBe("closed");
    expect(counts["/v3/watch"]).toBeGreaterThan(3);
    expect(counts["/v3/watch"]).toBeLessThan(20);
  });

  it.each([
    ["a header", { created: true, header: { ...header, revision: "9223372036854775807" } }],
    [
      "an event",
      { header, events: [{ kv: { key: "YQ==", mod_revision: "9223372036854775807", create_revision: "1" } }] },
    ],
    ["progress", { header: { ...header, revision: "9223372036854775807" } }],
  ])("B10: the last revision there can be, in %s, poisons nothing", async (_, odd) => {
    const { watch, counts } = await requests(
      {
        answer: () =>
          "created" in odd ? [{ result: { watch_id: "1", ...odd } }] : [created, { result: { watch_id: "1", ...odd } }],
      },
      {},
    );
    expect(watch.state).not.toBe("closed");
    expect(counts["/v3/watch"]).toBeGreaterThan(1);
    expect(counts["/v3/watch"]).toBeLessThan(50);
  });
});

it("B10: after an answer of the last revision there can be, other calls of the client go on", async () => {
  const { memory, etcd: plain } = cluster();
  await plain.put("k", "1");
  const fetch: typeof memory.fetch = async (url, init) => {
    const response = await memory.fetch(url, init);
    if (!String(url).endsWith("/watch")) return response;
    const { value } = (await response.body?.getReader().read()) ?? {};
    const text = new TextDecoder().decode(value).replace(/"revision":"\d+"/, '"revision":"9223372036854775807"');
    return new Response(text);
  };
  await using etcd = createEtcd({ fetch });
  const watch = etcd.watch("k");
  await until("it has met that", () => watch.state !== "closed");
  await etcd.watch("k", { readyTimeoutMs: 50 }).ready.catch(() => undefined);
  expect((await etcd.get("k"))?.text()).toBe("1");
});

describe("compaction ends only watches that miss events by it", () => {
  it("not a watch that shares the watch of one that was behind", async () => {
    const { etcd, writer, states, memory } = cluster({ endpoints: "http://a" });
    const behind = etcd.watch({ prefix: "k/" });
    const now = etcd.watch({ prefix: "k/" }, { from: 1n });
    await Promise.all([behind.ready, now.ready]);
    states.set("a", "refused");
    memory.disconnect();
    let last = 0n;
    for (let i = 0; i < 50; i++) last = (await writer.put("k/1", `${i}`)).revision;
    await writer.compact(last - 10n);
    await until("the break is noticed", () => behind.state === "retrying");
    const joined = etcd.watch({ prefix: "k/" }, { from: last - 4n });
    const fresh = etcd.watch({ prefix: "k/" });
    states.set("a", "up");
    expect((await take(3, joined)).map(({ revision }) => revision)).toEqual([last - 4n, last - 3n, last - 2n]);
    for (const watch of [behind, now]) {
      const error = await etcdErrorOf(take(1, watch));
      expect([error.reason, error.compactRevision]).toEqual(["Compacted", last - 10n]);
    }
    await fresh.ready;
    const { revision } = await writer.put("k/1", "now");
    expect((await take(1, fresh)).map((event) => event.revision)).toEqual([revision]);
  });

  it("and a resyncing watch finds what was deleted, however early it lost its history", async () => {
    const { etcd, writer, states, memory, ...rest } = cluster({ endpoints: "http://a" });
    for (const key of ["k/gone", "k/stays"]) await writer.put(key, "1");
    const watch = etcd.watch({ prefix: "k/" }, { onCompaction: "resync" });
    // All that it has learned by then is which keys there were.
    await until("it knows what there is", () => asked(rest, "/range").length === 1);
    await until("that was answered", () => asked(rest, "/watch").length === 1);
    states.set("a", "refused");
    memory.disconnect();
    await writer.delete("k/gone");
    await writer.compact((await writer.put("k/other", "1")).revision);
    states.set("a", "up");
    const seen = await take(2, watch);
    expect(seen.map(({ type, entry }) => `${type} ${entry.key}`).toSorted()).toEqual(["delete k/gone", "put k/other"]);
  });
});

describe("silence", () => {
  it.each([
    ["refused", "Unreachable"],
    ["silent", "Timeout"],
    ["foreign", "NotEtcd"],
  ] as const)("ready rejects with what was met (%s: %s)", async (state, reason) => {
    const { etcd, states } = cluster({ endpoints: "http://a" });
    states.set("a", state);
    const watch = etcd.watch("k", { readyTimeoutMs: 50 });
    expect(await etcdErrorOf(watch.ready)).toMatchObject({
      reason,
      outcome: "not-applied",
    });
  });

  it("after which the watch goes on trying, and delivers what it was asked for", async () => {
    const { etcd, writer, states } = cluster({ endpoints: "http://a", timeoutMs: 60 });
    states.set("a", "refused");
    const watch = etcd.watch("k", { from: 1n });
    const error = await etcdErrorOf(watch.ready);
    expect(error.message).toMatch(/^the watch was not confirmed within 60 ms: .*ECONNREFUSED/);
    expect(error.attempts.map(({ reason }) => reason)).toEqual(["Unreachable"]);
    expect(watch.state).toBe("connecting");
    states.set("a", "up");
    await writer.put("k", "1");
    expect(await texts(1, watch)).toEqual(["1"]);
  });

  it("ready takes as long as it may", async () => {
    const { etcd, states } = cluster({ endpoints: "http://a", timeoutMs: 20 });
    states.set("a", "refused");
    const watch = etcd.watch("k", { readyTimeoutMs: Infinity });
    await etcdErrorOf(etcd.get("k"));
    states.set("a", "up");
    expect(await watch.ready).toMatchObject({ revision: 1n });
    expect(() => etcd.watch("k", { readyTimeoutMs: 0 })).toThrow("readyTimeoutMs: expected a positive number");
    expect(() => createEtcd({ idleMs: "1" as never })).toThrow("idleMs: expected a positive number, got string");
  });

  it("a 200 that is not from etcd ends a watch with NotEtcd, once all endpoints have answered so for long", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    const { etcd, states, requests, writer, cut } = cluster();
    states.set("a", "foreign");
    const watch = etcd.watch("k");
    await watch.ready;
    expect(requests).toEqual(["a /v3/watch", "b /v3/watch"]);
    for (const host of ["b", "c"]) states.set(host, "foreign");
    const rest = take(2, watch);
    await writer.put("k", "1");
    cut("b");
    expect(await etcdErrorOf(rest)).toMatchObject({ reason: "NotEtcd" });
    expect(watch.state).toBe("closed");
    expect(requests.filter((line) => line.endsWith("/watch")).length).toBeGreaterThan(15);
    // A watch that begins now is told at once.
    const before = requests.length;
    expect(await etcdErrorOf(etcd.watch("k").ready)).toMatchObject({ reason: "NotEtcd" });
    expect(requests.length).toBe(before + 1);
  });

  it("streams that break together count as one failure: twenty outlast what answers for a while in etcd's place", async () => {
    const { memory, writer, states, requests, cut, fetch } = cluster();
    const transport = { ...createGatewayTransport({ endpoints: "http://a", fetch }), oneMessage: true };
    const etcd = createEtcd({ transport });
    onTestFinished(() => etcd.close());
    const watches = Array.from({ length: 20 }, (_, i) => etcd.watch(`k${i}`));
    await Promise.all(watches.map(({ ready }) => ready));
    states.set("a", "foreign");
    const before = requests.length;
    cut("a");
    await until("all have been refused twice", () => requests.length >= before + 40);
    states.set("a", "up");
    for (let i = 0; i < 20; i++) await writer.put(`k${i}`, "1");
    expect(await Promise.all(watches.map((watch) => texts(1, watch)))).toEqual(watches.map(() => ["1"]));
    memory.close();
  });

  it("a pause that the server asks for is kept by watches too", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    const { etcd, writer, states, cut, ...rest } = cluster({ endpoints: "http://a" });
    const watch = etcd.watch("k");
    await watch.ready;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    states.set("a", "busy");
    cut("a", "end");
    await vi.advanceTimersByTimeAsync(4999);
    states.set("a", "up");
    expect(asked(rest, "/watch")).toEqual(["a", "a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked(rest, "/watch")).toEqual(["a", "a", "a"]);
    await writer.put("k", "1");
    expect(await texts(1, watch)).toEqual(["1"]);
  });

  it("of its member is found out by asking: the watch goes on elsewhere", async () => {
    const { etcd, writer, states, ...rest } = cluster({ idleMs: 500 });
    const watch = etcd.watch("k");
    await watch.ready;
    states.set("a", "silent");
    const silent = performance.now();
    await writer.put("k", "1");
    expect(await texts(1, watch)).toEqual(["1"]);
    expect(performance.now() - silent).toBeLessThan(2000);
    expect(asked(rest, "/watch")).toEqual(["a", "b"]);
    expect(asked(rest, "/range")).toEqual(["a"]);
  });

  it("of its member that another call has met moves the watch at once", async () => {
    const { etcd, writer, states, ...rest } = cluster();
    const watch = etcd.watch("k");
    await watch.ready;
    states.set("a", "silent");
    await writer.put("k", "1");
    await etcd.get("k");
    expect(await texts(1, watch)).toEqual(["1"]);
    expect(asked(rest, "/watch")).toEqual(["a", "b"]);
    expect(asked(rest, "/range")).toEqual(["a", "b"]);
  });

  it("of the only member: the stream is opened anew, and what came meanwhile comes once", async () => {
    const { etcd, writer, states, ...rest } = cluster({ idleMs: 500, endpoints: "http://a" });
    const watch = etcd.watch("k");
    await watch.ready;
    states.set("a", "silent");
    await writer.put("k", "1");
    await until("the silence is noticed", () => asked(rest, "/watch").length > 1);
    states.set("a", "up");
    await writer.put("k", "2");
    expect(await texts(2, watch)).toEqual(["1", "2"]);
  }, 15_000);

  it("of a range does not concern its member: as long as that answers, the stream stays", async () => {
    const { etcd, writer, ...rest } = cluster({ idleMs: 500 });
    const watch = etcd.watch("k");
    await watch.ready;
    await until("it was asked twice", () => asked(rest, "/range").length > 1);
    await writer.put("k", "1");
    expect(await texts(1, watch)).toEqual(["1"]);
    expect(asked(rest, "/watch")).toEqual(["a"]);
  });

  it("of one stream, whose member answers: it is opened anew after four times as long", async () => {
    const { etcd, writer, states, ...rest } = cluster({ idleMs: 200 });
    const watch = etcd.watch("k");
    await watch.ready;
    states.set("a", "silent");
    await writer.put("k", "1");
    await new Promise(setImmediate);
    // What is open stays silent.
    states.set("a", "up");
    expect(await texts(1, watch)).toEqual(["1"]);
    expect(asked(rest, "/watch")).toEqual(["a", "a"]);
    expect(asked(rest, "/range").length).toBeGreaterThan(0);
  });

  it("of a range whose history is compacted does not end the watch: it stays until it may move", async () => {
    const { etcd, writer, memory, ...rest } = cluster({ idleMs: 100 });
    const watch = etcd.watch("k");
    await watch.ready;
    await writer.put("other", "1");
    await writer.put("other", "2");
    memory.compact();
    await until("another stream was tried", () => asked(rest, "/watch").length > 1);
    const events = watch[Symbol.asyncIterator]();
    await writer.put("k", "1");
    expect((await events.next()).value?.entry.text()).toBe("1");
    await until("it moves", () => asked(rest, "/watch").length > 2);
    await writer.put("k", "2");
    expect((await events.next()).value?.entry.text()).toBe("2");
  });

  it("sends no request once the watch has ended", async () => {
    const { etcd, states, ...rest } = cluster({ idleMs: 100 });
    const watch = etcd.watch("k");
    await watch.ready;
    states.set("a", "silent");
    await until("it asks", () => asked(rest, "/range").length > 0);
    await watch.cancel();
    states.set("a", "up");
    const { length } = rest.requests;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(rest.requests.length).toBe(length);
  });
});

describe("with shareRequests: false", () => {
  it("each watch has a request of its own, also of the same range", async () => {
    const { etcd, writer, ...rest } = cluster({ shareRequests: false });
    const watches = [etcd.watch("k"), etcd.watch("k"), etcd.watch("j")];
    await Promise.all(watches.map(({ ready }) => ready));
    expect(asked(rest, "/watch")).toEqual(["a", "a", "a"]);
    await watches[0]?.cancel();
    await writer.put("k", "1");
    await writer.put("j", "2");
    expect(await Promise.all(watches.slice(1).map((watch) => texts(1, watch)))).toEqual([["1"], ["2"]]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(asked(rest, "/watch")).toHaveLength(3);
  });

  it("and no stream moves because of another's call", async () => {
    const { etcd, states, ...rest } = cluster({ shareRequests: false });
    const watch = etcd.watch("k");
    await watch.ready;
    states.set("a", "refused");
    await etcd.get("k");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rest.requests).toEqual(["a /v3/watch", "a /v3/kv/range", "b /v3/kv/range"]);
    expect(watch.state).toBe("live");
  });
});

it("B6: the parts of one revision are bounded, by four times maxLineBytes", async () => {
  const header = { cluster_id: "1", member_id: "1", revision: "5", raft_term: "1" };
  const line = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify({ result: value })}\n`);
  let sent = 0;
  await using etcd = createEtcd({
    maxLineBytes: 250_000,
    fetch: () =>
      Promise.resolve(
        new Response(
          new ReadableStream<Uint8Array>({
            start: (controller) => controller.enqueue(line({ header, watch_id: "1", created: true })),
            pull(controller) {
              const kv = { key: btoa(`a/${sent++}`), value: btoa("x".repeat(9000)), mod_revision: "6" };
              controller.enqueue(line({ header, watch_id: "1", fragment: true, events: [{ kv }] }));
            },
          }),
        ),
      ),
  });
  expect(await etcdErrorOf(take(1, etcd.watch({ prefix: "a/" })))).toMatchObject({
    reason: "ResponseTooLarge",
    message: "the events of revision 6 take more than 1000000 bytes",
  });
  expect(sent).toBeLessThan(150);
});

it("a line of more than maxLineBytes ends a watch", async () => {
  const { memory, writer } = cluster();
  await using etcd = createEtcd({ fetch: memory.fetch, maxLineBytes: 1000 });
  const watch = etcd.watch("k");
  await watch.ready;
  await writer.put("k", "x".repeat(2000));
  expect(await etcdErrorOf(take(1, watch))).toMatchObject({ reason: "ResponseTooLarge" });
});
