import { describe, expect, it, onTestFinished } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { createProxy, type EtcdProxy } from "../../src/proxy/index.ts";

// What the client of this package does not send, and another may.

function setUp(memory: MemoryEtcd = createMemoryEtcd({ version: "3.5" })): EtcdProxy {
  const all = { all: true } as const;
  const proxy = createProxy({
    etcd: { fetch: memory.fetch, retry: false },
    authorize: () => ({
      subject: "me",
      allow: [{ read: all, write: all, lease: true, cluster: "write", maintenance: "write", auth: "write" }],
    }),
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

async function ask(proxy: EtcdProxy, path: string, body: unknown): Promise<{ status: number; body: object }> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const response = await proxy(new Request(`https://proxy.example/v3/${path}`, init));
  return { status: response.status, body: await response.json() };
}

const a = btoa("a");

describe("A request that etcd cannot be asked", () => {
  it.each([
    ["an operation that is none", "kv/txn", { success: [{}] }],
    ["an operation that is null", "kv/txn", { success: [{ request_range: null }] }],
    ["a comparison of nothing known", "kv/txn", { compare: [{ key: a, target: 9, version: "1" }] }],
    ["a result that there is none of", "kv/txn", { compare: [{ key: a, result: 9, version: "1" }] }],
    ["a right that there is none of", "auth/role/grant", { name: "r", perm: { permType: 9, key: a } }],
    ["a user without a name", "auth/user/add", {}],
  ])("for %s is refused as one, and not taken for an etcd that is away", async (_, path, body) => {
    expect(await ask(setUp(), path, body)).toMatchObject({ status: 400, body: { code: 3 } });
  });

  it("for an RPC that etcd does not have says so", async () => {
    const proxy = setUp(createMemoryEtcd({ version: "3.4" }));
    const answer = await ask(proxy, "maintenance/downgrade", { action: "VALIDATE", version: "3.4.0" });
    expect(answer).toMatchObject({ status: 501, body: { code: 12 } });
  });

  it("that etcd refuses for want of a login is not told to log in", async () => {
    const memory = createMemoryEtcd({ version: "3.5" });
    const inside = createEtcd({ fetch: memory.fetch });
    onTestFinished(() => inside.close());
    await inside.auth.users.add("root", "p");
    await inside.auth.roles.add("root");
    await inside.auth.users.grantRole("root", "root");
    await inside.auth.enable();
    const answer = await ask(setUp(memory), "kv/range", { key: a });
    expect(answer).toMatchObject({ status: 503, body: { message: "fetcd proxy: etcd refused the proxy's login" } });
  });
});

describe("A watch of odd messages", () => {
  const create = (request: object): string => JSON.stringify({ create_request: { key: a, ...request } });
  const cancel = (id: string): string => JSON.stringify({ cancel_request: { watch_id: id } });
  const progress = JSON.stringify({ progress_request: {} });

  /** So many messages of the answer, by what they say. */
  async function first(proxy: EtcdProxy, count: number, body: string): Promise<unknown[]> {
    const response = await proxy(new Request("https://proxy.example/v3/watch", { method: "POST", body }));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("\n").length <= count) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    return text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const { result } = JSON.parse(line) as { result: { header: { revision?: string } } };
        const { header, ...rest } = result;
        return { revision: header.revision, ...rest };
      });
  }

  async function withHistory(): Promise<EtcdProxy> {
    const proxy = setUp();
    await ask(proxy, "kv/put", { key: a, value: a });
    await ask(proxy, "kv/deleterange", { key: a });
    return proxy;
  }

  it("tells of no revision that the store has not come to", async () => {
    const proxy = await withHistory();
    const messages = first(proxy, 2, create({ start_revision: "500" }) + cancel("0"));
    expect(await messages).toEqual([{ created: true }, { canceled: true }]);
  });

  it("says nothing of progress before the watch has begun", async () => {
    const proxy = await withHistory();
    const [message] = await first(proxy, 1, create({ start_revision: "500" }) + progress);
    expect(message).toEqual({ revision: "3", created: true });
  });

  it("leaves out nothing for a filter that there is none of", async () => {
    const proxy = await withHistory();
    const messages = await first(proxy, 2, create({ start_revision: "2", filters: [7] }));
    expect(JSON.stringify(messages)).toMatch(/"create_revision":"2".*"DELETE"/);
  });
});
