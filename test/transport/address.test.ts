import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AddressRules, parseAddress } from "../../src/transport/http/address.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { etcdErrorOf, passwordCanary, thrownBy } from "./etcd-error.ts";

const anonymous: AddressRules = { credentials: false, allowInsecure: false };

afterEach(() => vi.unstubAllGlobals());

describe("an endpoint URL", () => {
  it.each([
    ["http://127.0.0.1:2379", "http://127.0.0.1:2379", "http://127.0.0.1:2379", true],
    ["http://localhost:2379/", "http://localhost:2379", "http://localhost:2379", true],
    ["http://etcd.localhost", "http://etcd.localhost", "http://etcd.localhost", false],
    ["http://localhost.:2379", "http://localhost.:2379", "http://localhost.:2379", false],
    ["http://2130706433:2379", "http://127.0.0.1:2379", "http://127.0.0.1:2379", true],
    ["http://0x7f.1:2379", "http://127.0.0.1:2379", "http://127.0.0.1:2379", true],
    ["http://127.8.9.10", "http://127.8.9.10", "http://127.8.9.10", true],
    ["http://127.1:2379", "http://127.0.0.1:2379", "http://127.0.0.1:2379", true],
    ["http://[::1]:2379", "http://[::1]:2379", "http://[::1]:2379", true],
    ["http://[2001:db8::1]:2379", "http://[2001:db8::1]:2379", "http://[2001:db8::1]:2379", false],
    ["http://etcd-0:2379", "http://etcd-0:2379", "http://etcd-0:2379", false],
    ["http://128.0.0.1", "http://128.0.0.1", "http://128.0.0.1", false],
    ["http://localhost.evil.example", "http://localhost.evil.example", "http://localhost.evil.example", false],
    ["http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example", false],
    ["http://notlocalhost", "http://notlocalhost", "http://notlocalhost", false],
    ["https://ETCD.example:443", "https://etcd.example", "https://etcd.example", false],
    ["https://etcd.example.:2379", "https://etcd.example.:2379", "https://etcd.example.:2379", false],
    ["https://etcd.example/prod", "https://etcd.example/prod", "https://etcd.example", false],
    ["https://etcd.example/a/b///", "https://etcd.example/a/b", "https://etcd.example", false],
    ["https://etcd.example//", "https://etcd.example", "https://etcd.example", false],
    ["https://etcd.example/a/../b", "https://etcd.example/b", "https://etcd.example", false],
    ["https://etcd.example/a,b", "https://etcd.example/a,b", "https://etcd.example", false],
    ["https://etcd.example/?", "https://etcd.example", "https://etcd.example", false],
  ])("G8: %s is called at %s", (text, url, origin, loopback) => {
    expect(parseAddress(text, anonymous)).toEqual({ url, origin, loopback });
  });

  it.each([
    ["a user name and password", `http://root:${passwordCanary}@etcd:2379`, "user name or password"],
    ["a password alone", `http://:${passwordCanary}@etcd:2379`, "user name or password"],
    ["a user name alone", `http://${passwordCanary}@etcd:2379`, "user name or password"],
    ["an encoded password", `http://a:${passwordCanary}%40b@etcd`, "user name or password"],
    ["a user name and password before a bad port", `http://root:${passwordCanary}@etcd:99999`, "expected a URL like"],
    ["a query", `http://etcd:2379/?token=${passwordCanary}`, "query or fragment"],
    ["a fragment", `http://etcd:2379/#${passwordCanary}`, "query or fragment"],
    ["ftp:", `ftp://root:${passwordCanary}@etcd`, "ftp://"],
    ["javascript:", `javascript:"${passwordCanary}"`, "javascript://"],
    ["data:", `data:text/plain,${passwordCanary}`, "data://"],
    ["ws:", "ws://etcd:2379", "ws://"],
    ["file:", "file:///etc/passwd", "file://"],
    ["unix:", "unix:///run/etcd.sock", "unix://"],
    ["no scheme but a port", "localhost:2379", "http://"],
    ["no scheme", "etcd.example", "expected a URL like"],
    ["no scheme but slashes", "//etcd:2379", "expected a URL like"],
    ["no host", "http://", "expected a URL like"],
    ["an IPv6 zone", "http://[fe80::1%25eth0]:2379", "expected a URL like"],
    ["an IPv6 address without brackets", "http://::1:2379", "expected a URL like"],
    ["a space in the host", "http://et cd", "expected a URL like"],
    ["nothing", "", "expected a URL like"],
    ["a list in one string", "http://etcd-0,http://etcd-1", "one URL in each string"],
    ["a list with ports in one string", "http://etcd-0:2379, http://etcd-1:2379", "one URL in each string"],
    ["a list without schemes in one string", "etcd-0:2379,etcd-1:2379", "one URL in each string"],
    ["a list with passwords in it", `http://a:${passwordCanary}@etcd-0,http://etcd-1`, "one URL in each string"],
  ])("G8, S3: with %s is refused without showing it", async (_, text, said) => {
    for (const rules of [anonymous, { credentials: true, allowInsecure: true }]) {
      const error = await etcdErrorOf(() => parseAddress(text, rules));
      expect(error).toMatchObject({ reason: "InvalidArgument", code: Code.InvalidArgument, outcome: "not-applied" });
      expect(error.message).toContain(said);
    }
  });

  it.each([[undefined], [null], [2379], [new URL("http://etcd")], [["http://etcd"]]])(
    "%s is refused: not a string",
    async (value) => {
      expect((await etcdErrorOf(() => parseAddress(value, anonymous))).message).toContain("expected a URL as a string");
    },
  );

  it("A6: a port that fetch refuses is refused, and this engine's fetch does refuse it", async () => {
    const refused: number[] = [];
    for (let port = 1; port <= 10_080; port++) {
      try {
        parseAddress(`http://127.0.0.1:${port}`, anonymous);
      } catch {
        refused.push(port);
      }
    }
    expect(refused).toContain(6000);
    expect(refused.length).toBe(82);
    for (const port of refused) {
      expect(await thrownBy(fetch(`http://127.0.0.1:${port}`))).toMatchObject({ cause: { message: "bad port" } });
    }
  });

  it("A6: is refused when the transport is made", async () => {
    expect((await etcdErrorOf(() => gatewayTransport({ endpoints: "http://127.0.0.1:6000" }))).message).toContain(
      "6000",
    );
    expect((await etcdErrorOf(() => gatewayTransport({ endpoints: ["http://127.0.0.1", "nowhere"] }))).reason).toBe(
      "InvalidArgument",
    );
    expect((await etcdErrorOf(() => gatewayTransport({ endpoints: [] }))).message).toContain("at least one");
  });
});

describe("credentials over plain HTTP", () => {
  const credentials: AddressRules = { credentials: true, allowInsecure: false };

  it.each(["http://etcd:2379", "http://10.0.0.1", "http://[::2]", "http://localhost.", "http://0.0.0.0:2379"])(
    "%s is refused unless allowInsecure",
    async (text) => {
      expect((await etcdErrorOf(() => parseAddress(text, credentials))).message).toContain("allowInsecure");
      expect(parseAddress(text, { ...credentials, allowInsecure: true }).loopback).toBe(false);
      expect(parseAddress(text, anonymous).loopback).toBe(false);
    },
  );

  it.each(["http://localhost:2379", "http://127.0.0.1", "http://[::1]", "https://etcd.example"])(
    "%s is fine",
    (text) => {
      expect(parseAddress(text, credentials).url).toBe(text);
    },
  );

  it("is looked at for every endpoint of a transport", async () => {
    const endpoints = ["http://127.0.0.1:2379", "http://etcd:2379"];
    await etcdErrorOf(() => gatewayTransport({ endpoints, authenticated: true }));
    expect(gatewayTransport({ endpoints, authenticated: true, allowInsecure: true }).endpoints.all).toHaveLength(2);
  });

  it("allowInsecure on Object.prototype allows nothing", async () => {
    let made: Promise<unknown>;
    try {
      Object.defineProperty(Object.prototype, "allowInsecure", { value: true, configurable: true, writable: true });
      made = thrownBy(() => gatewayTransport({ endpoints: "http://etcd:2379", authenticated: true }));
    } finally {
      Reflect.deleteProperty(Object.prototype, "allowInsecure");
    }
    expect(await made).toMatchObject({ reason: "InvalidArgument" });
  });
});

describe("an https page", () => {
  it("refuses a plain HTTP endpoint, which browsers block as mixed content", async () => {
    vi.stubGlobal("location", { protocol: "https:" });
    expect((await etcdErrorOf(() => parseAddress("http://etcd:2379", anonymous))).message).toContain("mixed content");
    expect(parseAddress("http://etcd:2379", { ...anonymous, allowInsecure: true }).origin).toBe("http://etcd:2379");
  });

  it("may call this machine, and https", () => {
    vi.stubGlobal("location", { protocol: "https:" });
    expect(parseAddress("http://127.0.0.1:2379", anonymous).loopback).toBe(true);
    expect(parseAddress("https://etcd", anonymous).loopback).toBe(false);
  });

  it("does not restrict a page over http", () => {
    vi.stubGlobal("location", { protocol: "http:" });
    expect(parseAddress("http://etcd:2379", anonymous).origin).toBe("http://etcd:2379");
  });
});
