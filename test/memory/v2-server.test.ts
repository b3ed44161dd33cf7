import { describe, expect, it } from "vitest";
import { type V2Memory, type V2Result, v2Memory } from "./v2-call.ts";

const json = { "content-type": "application/json" };

function signedIn(etcd: V2Memory, as: string) {
  const headers = { authorization: `Basic ${btoa(as)}` };
  return (method: string, path: string, body?: string): Promise<V2Result> =>
    etcd.call(method, path, {}, body === undefined ? { headers } : { headers, body });
}

describe("users and roles of v2", () => {
  async function withAnna(): Promise<V2Memory> {
    const etcd = v2Memory();
    const put = (path: string, body: object): Promise<V2Result> =>
      etcd.call("PUT", `/v2/auth/${path}`, {}, { body: JSON.stringify(body) });
    await put("users/root", { user: "root", password: "secret" });
    await put("roles/own", { role: "own", permissions: { kv: { read: ["/own/*"], write: ["/own/x"] } } });
    await put("users/anna", { user: "anna", password: "pass", roles: ["own"] });
    await put("roles/guest", { role: "guest" });
    return etcd;
  }

  it("count for nothing until authentication is on, and need a user called root for that", async () => {
    const etcd = v2Memory();
    expect((await etcd.call("GET", "/v2/auth/enable")).body).toEqual({ enabled: false });
    const refused = await etcd.call("PUT", "/v2/auth/enable");
    expect(refused).toMatchObject({
      status: 409,
      body: { message: "auth: No root user available, please create one" },
    });
    const anna = await withAnna();
    expect((await anna.put("/own/x", { value: "1" })).status).toBe(201);
  });

  it("let users do what their roles say, guests what theirs says, and root everything", async () => {
    const etcd = await withAnna();
    expect((await etcd.call("PUT", "/v2/auth/enable")).status).toBe(200);
    const anna = signedIn(etcd, "anna:pass");
    const root = signedIn(etcd, "root:secret");
    const keys = async (who: typeof anna, method: string, key: string): Promise<number> =>
      (await who(method, `/v2/keys${key}`)).status;
    expect(await keys(anna, "PUT", "/own/x?value=1")).toBe(201);
    expect(await keys(anna, "PUT", "/own/y?value=1")).toBe(401);
    expect(await keys(anna, "GET", "/own/x")).toBe(200);
    expect(await keys(anna, "GET", "/own/?recursive=true")).toBe(200);
    expect(await keys(anna, "DELETE", "/own/x?recursive=true")).toBe(401);
    expect(await keys(anna, "GET", "/other")).toBe(401);
    expect(await keys(root, "GET", "/other")).toBe(404);
    expect(await keys(signedIn(etcd, "anna:wrong"), "GET", "/own/x")).toBe(401);
    const guest = await etcd.get("/own/x");
    expect(guest).toMatchObject({ status: 401, body: { errorCode: 110, cause: "Insufficient credentials", index: 0 } });
    expect(await anna("GET", "/v2/auth/users")).toMatchObject({ status: 401 });
    expect((await root("GET", "/v2/auth/users/anna")).body).toEqual({
      user: "anna",
      roles: [{ role: "own", permissions: { kv: { read: ["/own/*"], write: ["/own/x"] } } }],
    });
    expect((await anna("DELETE", "/v2/auth/enable")).status).toBe(401);
    expect((await root("DELETE", "/v2/auth/users/root")).status).toBe(403);
    expect((await root("DELETE", "/v2/auth/enable")).status).toBe(200);
    expect((await etcd.get("/own/x")).status).toBe(200);
  });

  it("give guests everything if nobody has said what they may", async () => {
    const etcd = v2Memory();
    await etcd.call("PUT", "/v2/auth/users/root", {}, { body: '{"user":"root","password":"secret"}' });
    await etcd.call("PUT", "/v2/auth/enable");
    expect((await etcd.put("/a", { value: "1" })).status).toBe(201);
    const { body } = await signedIn(etcd, "root:secret")("GET", "/v2/auth/roles/guest");
    expect(body).toEqual({ role: "guest", permissions: { kv: { read: ["/*"], write: ["/*"] } } });
  });

  it("do not guard v3, and those of v3 do not guard v2", async () => {
    const etcd = await withAnna();
    await etcd.call("PUT", "/v2/auth/enable");
    const range = await etcd.call("POST", "/v3/kv/range", {}, { body: '{"key":"YQ=="}', headers: json });
    expect(range.status).toBe(200);
  });
});

describe("members, statistics and the rest of v2", () => {
  it("tell one member, at the address that was asked, which leads", async () => {
    const etcd = v2Memory();
    const { body } = await etcd.call("GET", "/v2/members");
    expect(body).toMatchObject({ members: [{ name: "memory", clientURLs: ["http://memory.test"] }] });
    const leader = await etcd.call("GET", "/v2/members/leader");
    expect(body).toEqual({ members: [leader.body] });
    expect(await etcd.call("GET", "/v2/machines")).toMatchObject({ status: 200, body: "http://memory.test" });
    expect(await etcd.call("GET", "/v2/members/x")).toMatchObject({ status: 404, body: { message: "Not found" } });
  });

  it("add, change and remove members, which v3 sees too", async () => {
    const etcd = v2Memory();
    const send = (method: string, path: string, peerURLs: unknown, headers: Record<string, string> = json) =>
      etcd.call(method, path, {}, { body: JSON.stringify({ peerURLs }), headers });
    const added = await send("POST", "/v2/members", ["http://10.0.0.1:2380"]);
    expect(added).toMatchObject({
      status: 201,
      body: { name: "", clientURLs: [], peerURLs: ["http://10.0.0.1:2380"] },
    });
    const { id } = added.body as { id: string };
    expect(await send("POST", "/v2/members", ["http://10.0.0.1:2380"])).toMatchObject({ status: 409 });
    expect((await send("PUT", `/v2/members/${id}`, ["http://10.0.0.2:2380"])).status).toBe(204);
    const listed = await etcd.call("POST", "/v3/cluster/member/list", {}, { body: "{}", headers: json });
    expect(JSON.stringify(listed.body)).toContain("http://10.0.0.2:2380");
    const { members } = (await etcd.call("GET", "/v2/members")).body as { members: { id: string }[] };
    const ids = members.map((member) => BigInt(`0x${member.id}`));
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBeLessThan(ids[1] ?? 0n);
    expect((await etcd.call("DELETE", `/v2/members/${id}`)).status).toBe(204);
    expect(await etcd.call("DELETE", `/v2/members/${id}`)).toMatchObject({ status: 410 });
    expect(await etcd.call("DELETE", "/v2/members/abc")).toMatchObject({ status: 404 });
    expect(await send("POST", "/v2/members", [])).toMatchObject({
      status: 400,
      body: { message: "no valid URLs given" },
    });
    expect(await send("POST", "/v2/members", ["http://x"])).toMatchObject({ status: 400 });
    expect(await send("POST", "/v2/members", ["http://x:1"], {})).toMatchObject({ status: 415 });
  });

  it("say what they lack without a leader", async () => {
    const etcd = v2Memory();
    etcd.memory.faults.noLeader({ times: Infinity });
    expect(await etcd.call("GET", "/v2/members/leader")).toMatchObject({
      status: 503,
      body: { message: "During election" },
    });
    expect(await etcd.call("GET", "/v2/stats/leader")).toMatchObject({
      status: 403,
      body: { message: "not current leader" },
    });
    expect(await etcd.call("DELETE", "/v2/members/abc")).toMatchObject({ status: 500 });
    expect(await etcd.put("/a", { value: "1" })).toMatchObject({ status: 500, body: { errorCode: 300 } });
  });

  it("count what was asked of the store", async () => {
    const etcd = v2Memory();
    const before = (await etcd.call("GET", "/v2/stats/store")).body as Record<string, number>;
    await etcd.put("/a", { value: "1", ttl: "1" });
    await etcd.post("/q");
    await etcd.put("/a", { value: "1", prevValue: "2" });
    await etcd.delete("/none");
    const watching = await etcd.open("/v2/keys/a?wait=true");
    expect((await etcd.call("GET", "/v2/stats/store")).body).toMatchObject({
      setsSuccess: (before["setsSuccess"] ?? 0) + 1,
      createSuccess: (before["createSuccess"] ?? 0) + 1,
      compareAndSwapFail: 1,
      deleteFail: 1,
      expireCount: 0,
      watchers: 1,
    });
    etcd.memory.advance(1000);
    await watching.text();
    expect((await etcd.call("GET", "/v2/stats/store")).body).toMatchObject({ expireCount: 1, watchers: 0 });
  });

  it("tell how long the server has been leading", async () => {
    const etcd = v2Memory();
    etcd.memory.advance(3_723_500);
    expect((await etcd.call("GET", "/v2/stats/self")).body).toMatchObject({
      name: "memory",
      state: "StateLeader",
      leaderInfo: { uptime: "1h2m3.5s" },
    });
    expect((await etcd.call("GET", "/v2/stats/leader")).body).toMatchObject({ followers: {} });
    expect((await etcd.call("POST", "/v2/stats/self")).status).toBe(405);
  });

  it("are not there where v2 is off, nor are other versions anywhere", async () => {
    const off = v2Memory({ v2: false });
    for (const path of ["/v2/keys/a", "/v2/members", "/v2/machines", "/v2/auth/enable"]) {
      expect(await off.call("GET", path)).toMatchObject({ status: 404, body: "404 page not found\n" });
    }
    const on = v2Memory();
    for (const path of ["/v2", "/v2/nothing", "/v2/keysx", "/v2/stats", "/v2/auth", "/v1/keys/a", "/v2/machines/"]) {
      expect(await on.call("GET", path), path).toMatchObject({ status: 404, body: "404 page not found\n" });
    }
  });

  it("may be called by pages of the origins that are allowed, which cannot read the index in the header", async () => {
    const etcd = v2Memory({ cors: ["http://page.test"] });
    const from = async (origin: string): Promise<Headers> =>
      (await etcd.call("GET", "/v2/keys", {}, { headers: { origin } })).headers;
    expect((await from("http://page.test")).get("access-control-allow-origin")).toBe("http://page.test");
    expect((await from("http://page.test")).get("access-control-expose-headers")).toBeNull();
    expect((await from("http://other.test")).get("access-control-allow-origin")).toBeNull();
  });

  it("have an answer without body for HEAD", async () => {
    const etcd = v2Memory();
    await etcd.put("/a", { value: "1" });
    const head = await etcd.call("HEAD", "/v2/keys/a");
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers.get("x-etcd-index")).toBe("4");
    expect((await etcd.call("HEAD", "/v2/keys/b")).status).toBe(404);
  });
});
