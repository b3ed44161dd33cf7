import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { withLock } from "../../src/index.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { linesToTest } from "../install-etcd.ts";
import { client, itTellsNoSecret, passwordCanary } from "./subject.ts";

// Every way that a server says, or does not say, that a token is no good. Real members, behind proxies that answer for
// them as members of other versions and in other states do.

const auth = { username: "root", password: passwordCanary } as const;

/** What a proxy does with a request, given the member's answer to it; `undefined`: passes that on. */
type Twist = (request: IncomingMessage, response: ServerResponse, status: number) => boolean;

/** A proxy in front of a member. `lines`: paths of all requests. */
async function twisted(target: string, twist: Twist): Promise<{ url: string; lines: string[] }> {
  const lines: string[] = [];
  const server = createServer((request, response) => {
    lines.push(request.url ?? "");
    const { method, headers } = request;
    const upstream = httpRequest(target + request.url, { method, headers, agent: false }, (answer) => {
      if (twist(request, response, answer.statusCode ?? 0)) return void answer.resume();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines };
}

const loginsOf = ({ lines }: { readonly lines: readonly string[] }): number =>
  lines.filter((line) => line.endsWith("/auth/authenticate")).length;

function say(response: ServerResponse, status: number, error: string, code: number): true {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error, message: error, code }));
  return true;
}

describe.each(await linesToTest())("tokens on etcd %s", (version) => {
  let server: Server;
  let member: string;

  beforeAll(async () => {
    server = await startEtcd({ version });
    await server.enableAuth({ rootPassword: passwordCanary });
    member = server.endpoints[0] ?? "";
  });
  afterAll(() => server.close());

  /** Ends all tokens of root, as their time does. */
  async function endTokens(): Promise<void> {
    await client(member, { auth }).auth.users.changePassword("root", passwordCanary);
  }

  it("F11: a connection that is closed for a token that ran out: a writer recovers with its next call", async () => {
    // As 3.4.23 and some builds of distributions: every refusal of the gateway is a closed connection.
    const way = await twisted(member, (_, response, status) => status >= 400 && !!response.destroy());
    const etcd = client(way.url, { auth });
    await etcd.put("f11/a", "1");
    await endTokens();
    await expect(etcd.put("f11/a", "2")).rejects.toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    await etcd.put("f11/a", "3");
    expect(loginsOf(way)).toBe(2);
    await endTokens();
    expect((await etcd.get("f11/a"))?.text()).toBe("3");
    await endTokens();
    const watcher = etcd.watch("f11/a");
    await watcher.ready;
    await watcher.cancel();
    expect(loginsOf(way)).toBe(4);
  });

  it("F12: a caller's own short time throws no good token away", async () => {
    let slow = false;
    const held = new Set<NodeJS.Timeout>();
    onTestFinished(() => held.forEach(clearTimeout));
    const way = await twisted(member, (request, response) => {
      if (!slow || request.url?.endsWith("/auth/authenticate") === true) return false;
      held.add(setTimeout(() => response.destroy(), 2000));
      return true;
    });
    const etcd = client(way.url, { auth });
    await etcd.put("f12/a", "1");
    slow = true;
    for (let i = 0; i < 10; i++) {
      await expect(etcd.get("f12/a", { timeoutMs: 20 })).rejects.toMatchObject({ reason: "Timeout" });
    }
    slow = false;
    expect((await etcd.get("f12/a"))?.text()).toBe("1");
    expect(loginsOf(way)).toBe(1);
  });

  it.each(["a get", "a put", "a lock", "a watch"] as const)(
    "F13: an endpoint that refuses every token is left for the next one, by %s as the first call",
    async (kind) => {
      // A member that was added again, or whose auth store stands still (etcd#9629, etcd#13134).
      const stuck = await twisted(member, ({ url, headers }, response) => {
        if (headers.authorization === undefined || url?.endsWith("/auth/authenticate") === true) return false;
        return say(response, 401, "etcdserver: invalid auth token", 16);
      });
      const good = await twisted(member, () => false);
      const etcd = client([stuck.url, good.url], { auth });
      if (kind === "a get") await etcd.get("f13/a");
      if (kind === "a put") await etcd.put("f13/a", "1");
      if (kind === "a lock") await withLock(etcd, "f13/lock", async () => undefined, { timeoutMs: 10_000 });
      if (kind === "a watch") {
        const watcher = etcd.watch("f13/a");
        await watcher.ready;
        await watcher.cancel();
      }
      const refused = stuck.lines.filter((line) => !line.endsWith("/auth/authenticate")).length;
      // A watch has its endpoint looked after by a read now and then.
      expect(refused).toBeLessThanOrEqual(kind === "a watch" ? 3 : 2);
      expect(loginsOf(stuck) + loginsOf(good)).toBe(2);
      // It rests: what follows goes to the other one at once.
      const puts = stuck.lines.filter((line) => line.endsWith("/kv/put")).length;
      await etcd.put("f13/b", "1");
      expect(stuck.lines.filter((line) => line.endsWith("/kv/put")).length).toBe(puts);
    },
  );

  it("F13: where every endpoint refuses it the call fails so, after two requests to the first and one to each", async () => {
    const refuse: Twist = ({ headers }, response) =>
      headers.authorization !== undefined && say(response, 401, "etcdserver: invalid auth token", 16);
    const ways = [await twisted(member, refuse), await twisted(member, refuse), await twisted(member, refuse)];
    const etcd = client(
      ways.map(({ url }) => url),
      { auth },
    );
    await expect(etcd.put("f13/none", "1")).rejects.toMatchObject({
      reason: "InvalidAuthToken",
      outcome: "not-applied",
    });
    const requests = ways.flatMap(({ lines }) => lines).filter((line) => line.endsWith("/kv/put"));
    expect(requests.length).toBe(4);
    for (let i = 0; i < 20; i++) await etcd.put("f13/none", "1").catch(() => undefined);
    expect(ways.reduce((sum, way) => sum + loginsOf(way), 0)).toBeLessThanOrEqual(3);
  });

  it.each([
    ["auth: revision in header is old", 2, 500],
    ["etcdserver: revision of auth store is old", 3, 400],
    ["auth: invalid auth token", 2, 500],
    ["etcdserver: invalid auth token", 16, 401],
  ])("F15: %j (code %s, HTTP %s) is one new login, and the call is made again", async (text, code, status) => {
    let stale = false;
    const way = await twisted(member, (request, response) => {
      if (request.url?.endsWith("/auth/authenticate") === true) stale = false;
      return stale && say(response, status, text, code);
    });
    const etcd = client(way.url, { auth });
    await etcd.put("f15/a", "1");
    for (const call of [() => etcd.get("f15/a"), () => etcd.put("f15/a", "2"), () => etcd.maintenance.hash()]) {
      const before = loginsOf(way);
      stale = true;
      await call();
      expect(loginsOf(way) - before).toBe(1);
    }
  });

  it("F15: maintenance calls log in anew as well, whatever words the member has for it", async () => {
    const way = await twisted(member, () => false);
    const etcd = client(way.url, { auth });
    for (const call of [
      () => etcd.maintenance.hash(),
      // Not served by 3.4.
      ...(version === "3.5" ? [() => etcd.maintenance.hashKv()] : []),
      () => etcd.maintenance.status(),
      () => etcd.maintenance.defragment(),
    ]) {
      await etcd.put("f15/b", "1");
      await endTokens();
      const before = loginsOf(way);
      await call();
      expect(loginsOf(way) - before).toBeLessThanOrEqual(1);
    }
  });

  itTellsNoSecret();
});
