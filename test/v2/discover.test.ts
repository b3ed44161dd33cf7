import { describe, expect, it } from "vitest";
import { discover, type SrvRecord } from "../../src/v2/index.ts";
import { discover as discoverV3 } from "../../src/index.ts";

const record = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({ name, port, priority, weight });

function dns(records: Readonly<Record<string, readonly SrvRecord[]>>): {
  resolver: (name: string) => Promise<readonly SrvRecord[]>;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    async resolver(name) {
      asked.push(name);
      const found = records[name];
      if (found === undefined) throw new Error(`querySrv ENOTFOUND ${name}`);
      return found;
    },
  };
}

describe.each([
  ["v2", discover, "DiscoveryFailed"],
  ["v3", discoverV3, "EtcdError"],
] as const)("discover of %s", (_, find, name) => {
  it("answers the endpoints with TLS where there are any, by priority", async () => {
    const { resolver } = dns({
      "_etcd-client-ssl._tcp.example.com": [record("b.example.com.", 2379, 2), record("a.example.com", 2380, 1)],
      "_etcd-client._tcp.example.com": [record("plain.example.com", 2379)],
    });
    expect(await find("example.com", { resolver })).toEqual([
      "https://a.example.com:2380",
      "https://b.example.com:2379",
    ]);
  });

  it("answers those without TLS only with allowInsecure, also where the look-up of those with TLS failed", async () => {
    const plain = { "_etcd-client._tcp.example.com": [record("plain.example.com", 2379)] };
    for (const missing of [{}, { "_etcd-client-ssl._tcp.example.com": [] }]) {
      const { resolver, asked } = dns({ ...plain, ...missing });
      await expect(find("example.com", { resolver })).rejects.toThrow("allowInsecure: true");
      expect(asked).toEqual(["_etcd-client-ssl._tcp.example.com"]);
      expect(await find("example.com", { resolver, allowInsecure: true })).toEqual(["http://plain.example.com:2379"]);
    }
  });

  it.each(["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1"])(
    "never leads to this machine without TLS: %s",
    async (target) => {
      const { resolver } = dns({ "_etcd-client._tcp.x": [record(target, 2379), record("other", 2379)] });
      expect(await find("x", { resolver, allowInsecure: true })).toEqual(["http://other:2379"]);
    },
  );

  it("follows no redirect, and reads no endless answer", async () => {
    const answers = [
      () => new Response(null, { status: 302, headers: { location: "http://169.254.169.254/" } }),
      () => new Response(`{"Status":0,"x":"${"x".repeat(70_000)}"}`),
      () => new Response(`{"Status":0,"Answer":${"[".repeat(30_000)}`),
    ];
    for (const answer of answers) {
      const asked: RequestInit[] = [];
      const fetch = async (_: string, init: RequestInit): Promise<Response> => (asked.push(init), answer());
      await expect(find("x", { resolver: "https://dns.example", fetch })).rejects.toMatchObject({ name });
      expect(asked).toMatchObject([{ redirect: "manual" }]);
    }
  });

  it("skips invalid records, and takes a bounded number of valid ones", async () => {
    const odd = [null, 7, {}, { name: 1 }, { ...record("a", 1), port: "1" }, record("a", 0.5), record("b", 70_000)];
    const many = Array.from({ length: 1000 }, (_unused, i) => record(`m${i}`, 2379, i));
    const found = await find("x", { resolver: async () => [...(odd as never[]), ...many] });
    expect(found).toHaveLength(64);
    expect(found[0]).toBe("https://m0:2379");
  });

  it("answers those without TLS with allowInsecure, of the cluster that is named", async () => {
    const { resolver, asked } = dns({ "_etcd-client-blue._tcp.example.com": [record("a", 2379)] });
    expect(await find("example.com", { resolver, serviceName: "blue", allowInsecure: true })).toEqual([
      "http://a:2379",
    ]);
    expect(asked).toEqual(["_etcd-client-ssl-blue._tcp.example.com", "_etcd-client-blue._tcp.example.com"]);
  });

  it("draws lots by weight among equals", async () => {
    const { resolver } = dns({
      "_etcd-client._tcp.x": [record("light", 1000, 0, 1), record("heavy", 1000, 0, 99), record("none", 1000, 0, 0)],
    });
    let heavy = 0;
    for (let i = 0; i < 200; i++) {
      const [first, , last] = await find("x", { resolver, allowInsecure: true });
      if (first === "http://heavy:1000") heavy++;
      expect(last).toBe("http://none:1000");
    }
    expect(heavy).toBeGreaterThan(150);
  });

  it("asks over HTTPS", async () => {
    const asked: [string, RequestInit][] = [];
    const endpoints = await find("example.com", {
      resolver: "https://dns.example/query?ct=json",
      allowInsecure: true,
      fetch: async (url, init) => {
        asked.push([url, init]);
        if (url.includes("ssl")) return Response.json({ Status: 3 });
        const Answer = [
          { name: "x", type: 33, TTL: 60, data: "10 5 2379 etcd-1.example.com." },
          { name: "x", type: 5, TTL: 60, data: "elsewhere." },
          { name: "x", type: 33, TTL: 60, data: "0 0 0 ." },
          { name: "x", type: 33, TTL: 60, data: "0 0 2379 bad/name" },
        ];
        return Response.json({ Status: 0, Answer });
      },
    });
    expect(endpoints).toEqual(["http://etcd-1.example.com:2379"]);
    expect(asked[0]?.[0]).toBe("https://dns.example/query?ct=json&name=_etcd-client-ssl._tcp.example.com&type=SRV");
    expect(asked[0]?.[1]).toMatchObject({ headers: { accept: "application/dns-json" }, credentials: "omit" });
  });

  it.each<[string, string, Parameters<typeof discover>[1]]>([
    ["there are none", "example.com", { resolver: async () => [] }],
    ["the resolver fails", "example.com", { resolver: () => Promise.reject(new Error("ESERVFAIL")) }],
    [
      "the service refuses",
      "example.com",
      { resolver: "https://dns.example", fetch: async () => new Response("no", { status: 403 }) },
    ],
    ["DNS fails", "example.com", { resolver: "https://dns.example", fetch: async () => Response.json({ Status: 2 }) }],
    [
      "the answer is a page",
      "example.com",
      { resolver: "https://dns.example", fetch: async () => new Response("<html>") },
    ],
    [
      "nobody answers",
      "example.com",
      {
        resolver: "https://dns.example",
        timeoutMs: 20,
        fetch: (_url, { signal }) =>
          new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))),
      },
    ],
    [
      "the resolver never answers",
      "example.com",
      { resolver: () => new Promise<never>(() => undefined), timeoutMs: 20 },
    ],
  ])("rejects when %s", async (_title, domain, options) => {
    await expect(find(domain, options)).rejects.toMatchObject({ name, outcome: "not-applied" });
  });

  it("rejects with the signal's own reason, and refuses unknown options", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const slow = (_url: string, init: RequestInit): Promise<Response> => Promise.reject(init.signal?.reason as Error);
    await expect(find("x", { resolver: "https://dns.example", signal, fetch: slow })).rejects.toBe(signal.reason);
    const never = (): Promise<never> => new Promise(() => undefined);
    await expect(find("x", { resolver: never, signal })).rejects.toBe(signal.reason);
    const misspelt: Record<string, unknown> = { resolve: "https://dns.example" };
    await expect(find("x", misspelt as never)).rejects.toThrow("unknown option");
  });
});

describe.each([
  ["v2", discover, "name", "DiscoveryFailed"],
  ["v3", discoverV3, "reason", "Unreachable"],
] as const)("discover of %s", (_, find, told, failed) => {
  it("tells what cannot be asked for from what is not answered", async () => {
    const resolver = async (): Promise<readonly SrvRecord[]> => [];
    const refused = { [told]: "InvalidArgument", outcome: "not-applied" };
    await expect(find("a/b", { resolver })).rejects.toMatchObject(refused);
    await expect(find("a", { resolver: "http://dns" })).rejects.toMatchObject(refused);
    await expect(find("a", { resolver, timeoutMs: NaN })).rejects.toMatchObject(refused);
    await expect(find("a", { resolver, serviceName: "a b" })).rejects.toMatchObject(refused);
    await expect(find("a", { resolver, allowInsecure: "false" as never })).rejects.toMatchObject(refused);
    await expect(find("a", { resolver })).rejects.toMatchObject({ [told]: failed });
  });
});
