import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { serve, type ServedHandler } from "../../src/node/index.ts";
import { run } from "../run.ts";

let memory: MemoryEtcd;
let server: ServedHandler;

beforeAll(async () => {
  memory = createMemoryEtcd();
  server = await serve(memory, { cors: "*" });
});
afterAll(async () => {
  memory.close();
  await server.close();
});

/** The body, and after it the status. */
async function curl(path: string, body: string, ...options: string[]): Promise<string> {
  const args = ["-sS", "-w", "%{http_code}", "--max-time", "10", ...options, "-d", body, server.url + path];
  const { stdout, stderr } = await run("curl", args, { env: { PATH: process.env["PATH"], no_proxy: "127.0.0.1" } });
  expect(stderr.replace(/^curl: \(28\).*\n?/, "")).toBe("");
  return stdout;
}

describe("curl, talking to a memory that is served", () => {
  it("puts, gets and deletes", async () => {
    expect(await curl("/v3/kv/put", '{"key":"YQ==","value":"MQ=="}')).toMatch(/"revision":"2".*200$/);
    expect(await curl("/v3/kv/range", '{"key":"YQ=="}')).toMatch(/"value":"MQ=="\}\],"count":"1"\}200$/);
    expect(await curl("/v3/kv/deleterange", '{"key":"YQ=="}')).toMatch(/"deleted":"1"\}200$/);
  });

  it("sees errors as etcd words them", async () => {
    expect(await curl("/v3/kv/range", "{}")).toBe('{"code":3,"message":"etcdserver: key is not provided"}400');
    expect(await curl("/v3/kv/nothing", "{}")).toBe('{"code":5,"message":"Not Found"}404');
  });

  it("watches, one line for each answer, until it hangs up", async () => {
    const watching = curl("/v3/watch", '{"create_request":{"key":"dw=="}}', "-N", "--max-time", "1");
    await expect.poll(() => memory.watchers).toBe(1);
    await curl("/v3/kv/put", '{"key":"dw==","value":"MQ=="}');
    const lines = (await watching).split("\n");
    expect(lines[0]).toContain('"created":true');
    expect(lines[1]).toContain('"events":[{"kv":{"key":"dw=="');
    await expect.poll(() => memory.watchers).toBe(0);
  });

  it("gets the header of a v2 watch before there is an event", async () => {
    const answer = await curl("/v2/keys/w?wait=true", "", "-i", "-G", "--max-time", "1");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*x-etcd-index: \d+\r\n/i);
  });

  it("renews leases in one request", async () => {
    await curl("/v3/lease/grant", '{"ID":7,"TTL":30}');
    const lines = (await curl("/v3/lease/keepalive", '{"ID":7}{"ID":8}')).split("\n");
    expect(lines[0]).toContain('"ID":"7","TTL":"30"');
    expect(lines[1]).toMatch(/"ID":"8"\}\}$/);
    expect(lines[2]).toBe("200");
  });

  it("is told about origins", async () => {
    const answer = await curl("/v3/kv/range", '{"key":"YQ=="}', "-i", "-H", "Origin: http://page.test");
    expect(answer).toMatch(/access-control-allow-origin: \*\r\n/i);
  });
});
