import { inspect } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcdV2, type EtcdV2, type EtcdV2Options, InvalidArgument } from "../../src/v2/index.ts";
import { type Script, scripted } from "./scripted.ts";
import { lostAnswer, refused } from "../transport/network-failures.ts";

const node = { key: "/a", value: "1", modifiedIndex: 7, createdIndex: 7 };
const got = (more: object = {}, headers: Record<string, string> = {}): Response =>
  Response.json({ action: "get", node, ...more }, { headers: { "x-etcd-index": "9", ...headers } });
const refusing = (): never => {
  throw refused();
};
const resetting = (): never => {
  throw lostAnswer();
};

function client(
  script: Script,
  options: EtcdV2Options = {},
): { etcd: EtcdV2; seen: ReturnType<typeof scripted>["seen"] } {
  const { fetch, seen } = scripted(script);
  const etcd = createEtcdV2({ fetch, ...options });
  onTestFinished(() => etcd.close());
  return { etcd, seen };
}

describe("the options of a client", () => {
  it.each<[string, EtcdV2Options, RegExp]>([
    ["no endpoint", { endpoints: [] }, /at least one URL/],
    ["a user name in a URL", { endpoints: "http://u:p@127.0.0.1:2379" }, /use the option auth/],
    [
      "a password over plain HTTP",
      { endpoints: "http://10.0.0.1:2379", auth: { username: "u", password: "p" } },
      /unencrypted/,
    ],
    [
      "an empty user name",
      { auth: { username: "", password: "p" } },
      /auth.username: expected a string without a colon/,
    ],
    [
      "a user name with a colon",
      { auth: { username: "a:b", password: "p" } },
      /auth.username: expected a string without a colon/,
    ],
    [
      "an empty password",
      { auth: { username: "u", password: "" } },
      /auth.password: expected a string that is not empty/,
    ],
    ["a prefix that is not a path", { versionPrefix: "../v2" }, /versionPrefix/],
    ["a time-out that is not one", { timeoutMs: -1 }, /timeoutMs/],
    ["a cluster id that is not one", { expectedClusterId: "xyz" }, /expectedClusterId/],
  ])("refuse %s", (_, options, text) => {
    expect(() => createEtcdV2(options)).toThrow(InvalidArgument);
    expect(() => createEtcdV2(options)).toThrow(text);
  });

  it("refuse names that do not exist", () => {
    const options: Record<string, unknown> = { endpoint: "http://127.0.0.1:2379" };
    expect(() => createEtcdV2(options)).toThrow('unknown option "endpoint"; did you mean "endpoints"?');
  });

  it("can be read back, without the password", () => {
    const endpoints = ["https://a:2379", "https://b:2379/etcd"];
    const { etcd } = client(() => got(), {
      endpoints,
      timeoutMs: 5,
      auth: { username: "u", password: "canary" },
      failover: false,
    });
    expect(etcd).toMatchObject({
      endpoints,
      endpointInUse: "https://a:2379",
      versionPrefix: "/v2",
      timeoutMs: 5,
      followRedirects: false,
      failover: false,
    });
    expect(String(etcd)).toBe("EtcdV2 https://a:2379/v2");
    expect(inspect(etcd, { depth: 9, showHidden: true })).not.toContain("canary");
  });

  it("lead to the right place: endpoint with a path, and a prefix", async () => {
    const { etcd, seen } = client(() => got(), { endpoints: "http://127.0.0.1:2379/etcd/", versionPrefix: "/old/v2" });
    await etcd.get("a b");
    expect(seen[0]?.url).toBe("http://127.0.0.1:2379/etcd/old/v2/keys/a%20b");
  });

  it("send the user with every call, and only what CORS lets through", async () => {
    const { etcd, seen } = client(() => got(), { auth: { username: "ü", password: "漢" } });
    await etcd.get("a");
    await etcd.set("a", "1").catch(() => undefined);
    expect(seen.map(({ init }) => init)).toMatchObject([
      {
        redirect: "manual",
        credentials: "omit",
        headers: { authorization: `Basic ${Buffer.from("ü:漢").toString("base64")}` },
      },
      { method: "PUT", body: "value=1" },
    ]);
    const names = seen.flatMap(({ init }) => Object.keys(init.headers ?? {}));
    expect(new Set(names)).toEqual(new Set(["authorization", "content-type"]));
  });
});

describe("several members", () => {
  const endpoints = ["http://127.0.0.1:1001", "http://127.0.0.1:1002", "http://127.0.0.1:1003"];
  const origins = (seen: ReturnType<typeof scripted>["seen"]): string[] => seen.map(({ url }) => new URL(url).port);

  it("are asked one after the other by a read, and the one that answered is kept", async () => {
    const { etcd, seen } = client(({ url }) => (url.includes(":1003") ? got() : resetting()), { endpoints });
    expect((await etcd.get("a")).node.value).toBe("1");
    await etcd.get("a");
    expect(origins(seen)).toEqual(["1001", "1002", "1003", "1003"]);
    expect(etcd.endpointInUse).toBe(endpoints[2]);
  });

  it("are asked by a write only while it certainly did nothing", async () => {
    const { etcd, seen } = client(({ url }) => (url.includes(":1001") ? refusing() : resetting()), { endpoints });
    const error: unknown = await etcd.set("a", "1").catch((thrown: unknown) => thrown);
    expect(origins(seen)).toEqual(["1001", "1002"]);
    expect(error).toMatchObject({
      name: "Unreachable",
      outcome: "unknown",
      attempts: [
        { endpoint: endpoints[0], reason: "Unreachable", outcome: "not-applied" },
        { endpoint: endpoints[1], reason: "Unreachable", outcome: "unknown" },
      ],
    });
  });

  it.each(["set", "create", "append", "testAndSet", "delete", "refresh"] as const)(
    "%s is never sent again after a reset",
    async (verb) => {
      const { etcd, seen } = client(resetting, { endpoints });
      const works = {
        set: () => etcd.set("a", "1"),
        create: () => etcd.create("a", "1"),
        append: () => etcd.append("a", "1"),
        testAndSet: () => etcd.testAndSet("a", "0", "1"),
        delete: () => etcd.delete("a"),
        refresh: () => etcd.refresh("a", 5),
      };
      await expect(works[verb]()).rejects.toMatchObject({ outcome: "unknown" });
      expect(seen).toHaveLength(1);
    },
  );

  it("are left alone with failover: false", async () => {
    const { etcd, seen } = client(refusing, { endpoints, failover: false });
    await expect(etcd.get("a")).rejects.toMatchObject({ name: "Unreachable", outcome: "not-applied" });
    expect(origins(seen)).toEqual(["1001"]);
    await expect(etcd.get("a")).rejects.toMatchObject({ name: "Unreachable" });
    expect(origins(seen)).toEqual(["1001", "1001"]);
  });

  it("are given up in the end, with all that was tried", async () => {
    const { etcd, seen } = client(refusing, { endpoints });
    const error: unknown = await etcd.get("a").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "Unreachable" });
    expect((error as { attempts: unknown[] }).attempts).toHaveLength(seen.length);
    expect(new Set(origins(seen)).size).toBe(3);
  });

  it("are passed over when one is silent", async () => {
    const { etcd } = client(({ url }) => (url.includes(":1001") ? new Promise<Response>(() => undefined) : got()), {
      endpoints,
    });
    expect((await etcd.get("a")).node.value).toBe("1");
  });

  it("are added when a member names them, unless they lead elsewhere", async () => {
    const named =
      "http://127.0.0.1:1001, http://127.0.0.1:1004, https://127.0.0.1:1005, http://169.254.169.254:80, ftp://x, http://0.0.0.0:1, http://u:p@127.0.0.1:9";
    const { etcd, seen } = client(({ url }) => (url.endsWith("/machines") ? new Response(named) : got()), {
      endpoints: endpoints[0],
      discoverMembers: true,
    });
    await Promise.all([etcd.get("a"), etcd.get("b")]);
    expect(etcd.endpoints).toEqual(["http://127.0.0.1:1001", "http://127.0.0.1:1004"]);
    expect(seen.filter(({ url }) => url.endsWith("/machines"))).toHaveLength(1);
  });

  it("get the password only if that is asked for", async () => {
    const auth = { username: "root", password: "secret" };
    expect(() => client(() => got(), { discoverMembers: true, auth })).toThrow(
      'expected "withCredentials" to send credentials',
    );
    const { etcd } = client(
      ({ url }) => (url.endsWith("/machines") ? new Response("https://10.0.0.2:2379, http://10.0.0.3:2379") : got()),
      { endpoints: "https://10.0.0.1:2379", discoverMembers: "withCredentials", auth },
    );
    await etcd.get("a");
    expect(etcd.endpoints).toEqual(["https://10.0.0.1:2379", "https://10.0.0.2:2379"]);
  });

  it("are waited for within the time of the call", async () => {
    const { etcd, seen } = client(() => new Promise<Response>(() => undefined), { discoverMembers: true });
    await expect(etcd.set("a", "1", { timeoutMs: 20 })).rejects.toMatchObject({
      name: "Timeout",
      outcome: "not-applied",
    });
    expect(seen.map(({ init }) => init.method)).toEqual(["GET"]);
    await expect(etcd.get("a", { timeoutMs: -1 })).rejects.toThrow(InvalidArgument);
  });

  it("named by a remote one are not loopback addresses", async () => {
    const { etcd } = client(
      ({ url }) => (url.endsWith("/machines") ? new Response("http://127.0.0.1:2379, http://10.0.0.2:2379") : got()),
      { endpoints: "http://10.0.0.1:2379", discoverMembers: true },
    );
    await etcd.get("a");
    expect(etcd.endpoints).toEqual(["http://10.0.0.1:2379", "http://10.0.0.2:2379"]);
  });
});

describe("an argument", () => {
  it("is told of by its own name", async () => {
    const { etcd, seen } = client(() => got());
    expect(() => etcd.watch("/a", { idleMs: 0 })).toThrow("idleMs: expected a positive number of milliseconds");
    const misspelt: Record<string, unknown> = { role: ["a"], permission: {} };
    await expect(etcd.auth.users.add("a", "p", misspelt)).rejects.toThrow('did you mean "roles"?');
    await expect(etcd.auth.roles.add("a", misspelt)).rejects.toThrow('unknown option "role"');
    const another: Record<string, unknown> = { permission: {} };
    await expect(etcd.auth.roles.add("a", another)).rejects.toThrow('did you mean "permissions"?');
    await expect(etcd.compareAndDelete("/a", misspelt)).rejects.toThrow('unknown option "role"');
    expect(seen).toEqual([]);
  });

  it("of a raw call goes behind what the path asks already", async () => {
    const { etcd, seen } = client(() => got());
    await etcd.execute("/v2/keys/a?recursive=true", { params: { sorted: true } });
    expect(seen.map(({ url }) => url)).toEqual(["http://127.0.0.1:2379/v2/keys/a?recursive=true&sorted=true"]);
  });
});

describe("a redirect", () => {
  const to = (location: string, status = 307): Response => new Response(null, { status, headers: { location } });
  const other = "http://127.0.0.1:7777/v2/keys/a";

  it("is refused unless it is asked for", async () => {
    const { etcd, seen } = client(() => to(other));
    await expect(etcd.get("a")).rejects.toMatchObject({
      name: "RedirectRefused",
      outcome: "not-applied",
      message: expect.stringContaining("followRedirects is off"),
    });
    expect(seen.every(({ url }) => !url.includes("7777"))).toBe(true);
  });

  it("is followed with the same method and body where it is asked for", async () => {
    const { etcd, seen } = client(({ url }) => (url.includes("7777") ? got({ action: "set" }) : to(other)), {
      followRedirects: true,
    });
    await etcd.set("a", "1");
    expect(seen.map(({ url, init }) => [new URL(url).port, init.method, init.body])).toEqual([
      ["2379", "PUT", "value=1"],
      ["7777", "PUT", "value=1"],
    ]);
  });

  it("is never followed to another origin with a password", async () => {
    const auth = { username: "u", password: "p" };
    const { etcd, seen } = client(() => to(other), { followRedirects: true, auth });
    await expect(etcd.set("a", "1")).rejects.toMatchObject({ name: "RedirectRefused" });
    expect(seen.every(({ url }) => !url.includes("7777"))).toBe(true);
    const same = client(({ url }) => (url.endsWith("/b") ? got() : to("/v2/keys/b")), { followRedirects: true, auth });
    expect((await same.etcd.get("a")).node.value).toBe("1");
  });

  it.each([
    ["in a circle", {}, (): Response => to("/v2/keys/a")],
    ["that would make a PUT a GET", {}, (): Response => to(other, 302)],
    ["from https to http", { endpoints: "https://a:2379" }, (): Response => to(other)],
    ["to no web address", {}, (): Response => to("data:text/plain,x")],
    ["to nowhere", {}, (): Response => new Response(null, { status: 307 })],
  ] as const)("%s is refused", async (_, options, answer) => {
    const { etcd, seen } = client(answer, { followRedirects: true, ...options });
    await expect(etcd.set("a", "1")).rejects.toMatchObject({ name: "RedirectRefused" });
    expect(seen.length).toBeLessThan(8);
  });
});

describe("the cluster's id", () => {
  it("is that of the first answer, and stays", async () => {
    const ids = ["cdf818194e3a8c32", "cdf818194e3a8c32", "aaaaaaaaaaaaaaaa"];
    const { etcd } = client(() => got({}, { "x-etcd-cluster-id": ids.shift() ?? "" }));
    await etcd.get("a");
    await etcd.get("a");
    await expect(etcd.get("a")).rejects.toMatchObject({ name: "ClusterChanged", outcome: "not-applied" });
  });

  it.each(["cdf818194e3a8c32", 0xcdf818194e3a8c32n])("is the one expected: %s", async (expectedClusterId) => {
    const right = client(() => got({}, { "x-etcd-cluster-id": "cdf818194e3a8c32" }), { expectedClusterId });
    expect((await right.etcd.get("a")).node.value).toBe("1");
    const wrong = client(() => got({ action: "set" }, { "x-etcd-cluster-id": "1" }), { expectedClusterId });
    await expect(wrong.etcd.set("a", "1")).rejects.toMatchObject({ name: "ClusterChanged", outcome: "applied" });
  });

  it("of another cluster leads calls to other members", async () => {
    let foreign = "none";
    const { etcd } = client(
      ({ url, init }) => {
        const action = init.method === "PUT" ? "set" : "get";
        return got({ action }, { "x-etcd-cluster-id": url.startsWith(foreign) ? "2" : "1" });
      },
      { endpoints: ["http://127.0.0.1:2001", "http://127.0.0.1:2002"] },
    );
    await etcd.set("a", "1");
    foreign = "http://127.0.0.1:2001";
    await expect(etcd.set("a", "2")).rejects.toMatchObject({ name: "ClusterChanged", outcome: "applied" });
    await etcd.set("a", "3");
    expect(etcd.endpointInUse).toBe("http://127.0.0.1:2002");
    foreign = "http://127.0.0.1:2002";
    await etcd.get("a");
    expect(etcd.endpointInUse).toBe("http://127.0.0.1:2001");
  });
});

describe("an answer", () => {
  it("keeps indexes that a number cannot hold, and leaves look-alikes in values alone", async () => {
    const value = 'x "modifiedIndex":9007199254740993 y';
    const text = JSON.stringify({ action: "get", node: { key: "/a", value, modifiedIndex: 0, createdIndex: 1 } });
    const { etcd } = client(
      () =>
        new Response(text.replace(/:0,/, ":9007199254740993,"), {
          headers: { "x-etcd-index": "18446744073709551615" },
        }),
    );
    const result = await etcd.get("a");
    expect([result.node.modifiedIndex, result.etcdIndex, result.node.value]).toEqual([
      9007199254740993n,
      18446744073709551615n,
      value,
    ]);
  });

  it("larger than the limit is refused", async () => {
    const { etcd } = client(() => new Response("x".repeat(2000)), { maxResponseBytes: 1000 });
    await expect(etcd.get("a")).rejects.toMatchObject({ name: "ResponseTooLarge", outcome: "not-applied" });
    await expect(etcd.set("a", "1")).rejects.toMatchObject({ name: "ResponseTooLarge", outcome: "unknown" });
  });

  it("that comes too late is a time-out, which says whether anything may have happened", async () => {
    const { etcd } = client(() => new Promise<Response>(() => undefined));
    await expect(etcd.get("a", { timeoutMs: 20 })).rejects.toMatchObject({ name: "Timeout", outcome: "not-applied" });
    await expect(etcd.set("a", "1", { timeoutMs: 20 })).rejects.toMatchObject({ name: "Timeout", outcome: "unknown" });
    const stop = new AbortController();
    const work = etcd.set("a", "1", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(work).rejects.toBe(stop.signal.reason);
  });
});

describe("a pause that a server asks for", () => {
  const busy = (): Response => new Response("busy", { status: 503, headers: { "retry-after": "7" } });
  function withTimers(): void {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  }

  it("is made before a read is sent again, whatever other members there are", async () => {
    withTimers();
    const answers = [busy, got];
    const endpoints = ["http://127.0.0.1:1001", "http://127.0.0.1:1002"];
    const { etcd, seen } = client(() => answers[seen.length - 1]?.() ?? got(), { endpoints });
    const read = etcd.get("a", { timeoutMs: 20_000 });
    await vi.advanceTimersByTimeAsync(6999);
    expect(seen).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await read).node.value).toBe("1");
  });

  it("is made before a watch polls again", async () => {
    withTimers();
    const { etcd, seen } = client(({ url }) => {
      if (!url.includes("wait=true")) return got();
      return seen.length === 2 ? busy() : got({ action: "set", node: { ...node, modifiedIndex: 10 } });
    });
    const change = etcd.watch("a").next();
    await vi.advanceTimersByTimeAsync(6999);
    expect(seen).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect((await change).value).toMatchObject({ kind: "set" });
  });

  it("is told by the error where there is no time for it, as is what the server said", async () => {
    withTimers();
    const { etcd } = client(busy);
    const failure = expect(etcd.get("a", { timeoutMs: 1000 })).rejects.toMatchObject({
      name: "Timeout",
      message: "no answer within 1000 ms: http://127.0.0.1:2379/v2/keys/a answered 503",
      attempts: [{ reason: "HttpFailure" }],
    });
    await vi.advanceTimersByTimeAsync(1000);
    await failure;
    await expect(etcd.set("a", "1")).rejects.toMatchObject({ name: "HttpFailure", status: 503, retryAfterMs: 7000 });
  });
});
