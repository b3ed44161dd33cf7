import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Etcd } from "../../src/v3/client.ts";
import type { GatewayOptions } from "../../src/v3/client-options.ts";
import { type Etcd as Server, type EtcdMember, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { stored } from "./ground-truth.ts";
import {
  client,
  count,
  each,
  failure,
  first,
  itTellsNoSecret,
  names,
  passwordCanary,
  proxyOf,
  secret,
} from "./subject.ts";

const authenticate = "/v3/auth/authenticate";
const auth = { username: "alice", password: passwordCanary } as const;
const setup = {
  rootPassword: "root-pw",
  users: [
    { name: "alice", password: passwordCanary, permissions: [{ type: "READWRITE", key: "a/", prefix: true }] },
    { name: "bob", password: "bob-pw", permissions: [{ type: "READWRITE", key: "a/", prefix: true }] },
  ],
} as const;

/** What a server keeps to itself when auth is on, read as root. */
async function asRoot(server: Server, prefix: string): Promise<Map<string, { value: string; version: number }>> {
  const token = await tokenOf(server, "root", "root-pw");
  return stored({ ...server, post: (path, body, options) => server.post(path, body, { ...options, token }) }, prefix);
}

async function tokenOf(server: Server, name: string, password: string): Promise<string> {
  const { text } = await server.post(authenticate, { name, password });
  return secret((JSON.parse(text) as { token: string }).token);
}

async function root(server: Server, path: string, body: unknown): Promise<void> {
  const { status, text } = await server.post(path, body, { token: await tokenOf(server, "root", "root-pw") });
  if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
}

/**
 * Resolves when all tokens have expired that were used by now. Asking with a token keeps it alive, so each question has
 * one of its own, made now.
 */
async function expiry(server: Server): Promise<void> {
  const probes = await each(names("probe", 60), 10, () => tokenOf(server, "alice", passwordCanary));
  for (const token of probes) {
    const { status } = await server.post("/v3/kv/range", { key: Buffer.from("a/").toString("base64") }, { token });
    if (status === 401) return;
    await new Promise((resolve) => setTimeout(resolve, 90));
  }
  throw new Error("no token expires");
}

/** Every token that goes out is one more secret. */
const noted: NonNullable<GatewayOptions["interceptors"]> = [
  (next) => (request) => {
    const token = request.header.get("authorization");
    if (token !== null) secret(token);
    return next(request);
  },
];

describe.each(["3.4", "3.5"] as const)("authentication, on etcd %s", (version) => {
  let server: Server;
  let member: EtcdMember;
  beforeAll(async () => {
    server = await startEtcd({ version, authTokenTtl: 2 });
    member = first(server.members);
    await server.enableAuth(setup);
  });
  afterAll(() => server.close());

  const user = (endpoint: string, options: Omit<GatewayOptions, "endpoints"> = {}): Etcd =>
    client(endpoint, { auth, interceptors: noted, ...options });

  it("F1: a token that runs out under 100 calls at a time costs one login each time, and no call an error", async () => {
    const proxy = await proxyOf(server);
    const etcd = user(proxy.url);
    for (const round of [1, 2]) {
      await each(names(`a/F1-${round}/`, 100), 100, async (key) => {
        await (key.endsWith("0") ? etcd.get(key) : etcd.put(key, "1"));
      });
      expect(count(proxy, authenticate)).toBe(round);
      if (round < 2) await expiry(server);
    }
    const writes = [...(await asRoot(server, "a/F1-")).values()];
    expect(writes.map((entry) => entry.version)).toEqual(Array.from({ length: 180 }, () => 1));
  });

  it("F1, D8: a watch that is refused for its token logs in and goes on without a gap", async () => {
    const proxy = await proxyOf(server);
    const etcd = user(proxy.url);
    const { revision: start } = await etcd.put("a/watch", "1");
    await expiry(server);
    const watcher = etcd.watch("a/watch", { from: start });
    await watcher.ready;
    expect(count(proxy, authenticate)).toBe(2);
    const events = watcher[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => (await events.next()).value?.entry.text();
    expect(await next()).toBe("1");

    // Its stream breaks while the token is good for nothing: reopened, nothing missing.
    await etcd.put("a/watch", "2");
    expect(await next()).toBe("2");
    await expiry(server);
    await proxy.set({ kind: "blackhole" });
    await root(server, "/v3/kv/put", {
      key: Buffer.from("a/watch").toString("base64"),
      value: Buffer.from("3").toString("base64"),
    });
    proxy.cutAll("rst");
    await proxy.set({ kind: "pass" });
    expect(await next()).toBe("3");
    expect(count(proxy, authenticate)).toBe(3);
    await watcher.cancel();
  });

  it("F2: a wrong password is one login, whatever the number of calls; no call is sent", async () => {
    const proxy = await proxyOf(server);
    const etcd = user(proxy.url, { auth: { username: "alice", password: secret("not-the-password") } });
    const errors = await each(names("a/F2-", 50), 50, (key) => failure(etcd.put(key, "1")));
    for (const error of errors) {
      expect(error).toMatchObject({ reason: "AuthFailed", code: 16, outcome: "not-applied", retryable: false });
    }
    // Nor do the next ones ask again at once.
    for (const key of names("a/F2-", 5))
      expect(await failure(etcd.put(key, "1"))).toMatchObject({ reason: "AuthFailed" });
    expect(proxy.requestLines).toEqual([`POST ${authenticate}`]);
  });

  it("F4: without a user the server says so, and a client that has one logs in", async () => {
    const proxy = await proxyOf(server);
    const error = await failure(client(proxy.url, { auth: undefined }).put("a/F4", "1"));
    expect(error).toMatchObject({ reason: "UserEmpty", outcome: "not-applied", attempts: [{}] });
    await user(proxy.url).put("a/F4", "1");
    expect((await asRoot(server, "a/F4")).get("a/F4")?.version).toBe(1);
  });

  it("F5: a member that has forgotten its tokens in a restart costs one login", async () => {
    const proxy = await proxyOf(server);
    const etcd = user(proxy.url);
    await etcd.put("a/F5", "1");
    // After a kill the log may be replayed, logins and all.
    await member.stop();
    await member.start();
    await poll("it serves again", 10_000, async () =>
      (await server.get("/health")).status === 200 ? true : undefined,
    );
    // The connections of before are gone too.
    await etcd.get("a/F5");
    await each(names("a/F5-", 20), 20, (key) => etcd.put(key, "1"));
    expect(count(proxy, authenticate)).toBe(2);
    expect([...(await asRoot(server, "a/F5-")).values()].every((entry) => entry.version === 1)).toBe(true);
  });

  it("F7: a password that is changed ends calls and watches with that reason, and one that is right again works", async () => {
    const proxy = await proxyOf(server);
    const etcd = client(proxy.url, { auth: { username: "bob", password: secret("bob-pw") }, interceptors: noted });
    await etcd.put("a/F7", "1");
    const watcher = etcd.watch("a/F7");
    await watcher.ready;
    await root(server, "/v3/auth/user/changepw", { name: "bob", password: "other" });
    expect(await failure(etcd.put("a/F7", "2"))).toMatchObject({
      reason: "AuthFailed",
      code: 16,
      outcome: "not-applied",
    });
    proxy.cutAll("rst");
    expect(await failure(watcher[Symbol.asyncIterator]().next())).toMatchObject({ reason: "AuthFailed" });
    expect((await asRoot(server, "a/F7")).get("a/F7")?.value).toBe("1");

    const logins = count(proxy, authenticate);
    await root(server, "/v3/auth/user/changepw", { name: "bob", password: "bob-pw" });
    await poll(
      "the cool-down is over",
      6000,
      async () =>
        await etcd.put("a/F7", "3").then(
          () => true,
          () => undefined,
        ),
    );
    expect(count(proxy, authenticate) - logins).toBeLessThanOrEqual(2);

    await root(server, "/v3/auth/user/delete", { name: "bob" });
    expect(await failure(etcd.put("a/F7", "4"))).toMatchObject({ reason: "AuthFailed", outcome: "not-applied" });
  });

  it("F8: what is not permitted is refused once, without another login", async () => {
    const proxy = await proxyOf(server);
    const etcd = user(proxy.url);
    await etcd.get("a/F8");
    for (const work of [() => etcd.put("other", "1"), () => etcd.get("other"), () => etcd.delete({ all: true })]) {
      const before = proxy.counts.requests;
      const error = await failure(work());
      expect(error).toMatchObject({
        reason: "PermissionDenied",
        code: 7,
        outcome: "not-applied",
        retryable: false,
        attempts: [{}],
      });
      expect(proxy.counts.requests - before).toBe(1);
    }
    expect(await failure(etcd.watch("other").ready)).toMatchObject({ reason: "PermissionDenied" });
    expect(count(proxy, authenticate)).toBe(1);
  });

  it("F9: the token goes bare; one that is given with a prefix is refused, and not renewed", async () => {
    const token = await tokenOf(server, "alice", passwordCanary);
    await client(server.endpoints, { auth: { token } }).put("a/F9", "1");
    const proxy = await proxyOf(server);
    const prefixed = client(proxy.url, { auth: { token: `Bearer ${token}` } });
    expect(await failure(prefixed.put("a/F9", "2"))).toMatchObject({
      reason: "InvalidAuthToken",
      code: 16,
      outcome: "not-applied",
    });
    expect(proxy.requestLines).toEqual(["POST /v3/kv/put"]);
  });

  it("F10: a provider that throws, rejects or hangs is the trouble of its call alone", async () => {
    const proxy = await proxyOf(server);
    let mood: "throw" | "reject" | "hang" | "work" = "throw";
    const etcd = client(proxy.url, {
      auth: {
        token: () => {
          if (mood === "throw") throw new Error("vault");
          if (mood === "reject") return Promise.reject(new Error("vault"));
          return mood === "hang" ? new Promise(() => undefined) : tokenOf(server, "alice", passwordCanary);
        },
      },
    });
    for (mood of ["throw", "reject"] as const) {
      expect(await failure(etcd.put("a/F10", mood))).toMatchObject({
        reason: "InvalidAuthToken",
        outcome: "not-applied",
      });
    }
    mood = "work";
    await etcd.put("a/F10", mood);
    expect((await asRoot(server, "a/F10")).get("a/F10")).toEqual({ value: "work", version: 1 });
    mood = "hang";
    const hanging = client(proxy.url, { auth: { token: () => new Promise(() => undefined) }, timeoutMs: 200 });
    expect(await failure(hanging.put("a/F10", mood))).toMatchObject({
      reason: "Timeout",
      code: 4,
      outcome: "not-applied",
    });
    expect(proxy.requestLines).toEqual(["POST /v3/kv/put"]);
  });

  it("F3: auth switched off: an old token, a login, and a login that may find it off", async () => {
    const proxy = await proxyOf(server);
    const [strict, lax] = [user(proxy.url), user(proxy.url, { auth: { ...auth, allowDisabled: true } })];
    await Promise.all([strict.put("a/F3", "1"), lax.put("a/F3", "1")]);
    await root(server, "/v3/auth/disable", {});
    // 3.4 refuses the old token, and then there is nothing to log in to; 3.5 does not look at it.
    if (version === "3.4")
      expect(await failure(strict.put("a/F3", "2"))).toMatchObject({
        reason: "AuthNotEnabled",
        code: 9,
        outcome: "not-applied",
      });
    else await strict.put("a/F3", "2");
    expect(await failure(user(proxy.url).put("a/F3", "3"))).toMatchObject({
      reason: "AuthNotEnabled",
      outcome: "not-applied",
    });
    await lax.put("a/F3", "4");
    await user(proxy.url, { auth: { ...auth, allowDisabled: true } }).put("a/F3", "5");
    expect((await stored(server, "a/F3")).get("a/F3")).toEqual({ value: "5", version: version === "3.4" ? 4 : 5 });
    await server.post("/v3/auth/enable", {});
    // Back on: the client that went without one gets itself a token.
    await lax.put("a/F3", "6");
  });
});

itTellsNoSecret();
