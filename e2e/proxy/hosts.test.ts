import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { serve } from "../../src/node/index.ts";
import { createProxy } from "../../src/proxy/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const allow = [{ read: { prefix: "host/" }, write: { prefix: "host/" } }] as const;

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd({ version: "3.5" });
});
afterAll(() => etcd?.close());

/** What the page says of each host, on a server of its own. Resolves with its URL. */
const hosts: Readonly<Record<string, (endpoint: string) => Promise<string>>> = {
  async Hono(endpoint) {
    const proxy = createProxy({ etcd: { endpoints: endpoint }, authorize: () => ({ subject: "me", allow }) });
    const app = new Hono();
    app.all("/etcd/*", (c) => proxy(c.req.raw));
    app.get("/other", (c) => c.text("not the proxy"));
    const server = await serve((request) => app.fetch(request));
    onTestFinished(async () => {
      await proxy.close();
      await server.close();
    });
    expect(await (await fetch(`${server.url}/other`)).text()).toBe("not the proxy");
    return server.url;
  },

  async Bun(endpoint) {
    const code = `
      import { createProxy } from ${JSON.stringify(join(root, "dist/proxy/index.js"))};
      const [endpoint] = process.argv.slice(-1);
      const allow = ${JSON.stringify(allow)};
      const proxy = createProxy({ etcd: { endpoints: endpoint }, authorize: () => ({ subject: "me", allow }) });
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: proxy, idleTimeout: 0 });
      console.log("http://127.0.0.1:" + server.port);
    `;
    const child = spawn(join(root, "node_modules/.bin/bun"), ["-e", code, endpoint], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return line;
  },
};

it.each(Object.entries(hosts))("A client reads, writes and watches through a proxy in %s", async (name, start) => {
  const client = createEtcd({ endpoints: `${await start(etcd.endpoints[0] ?? "")}/etcd` });
  onTestFinished(() => client.close());
  const key = `host/${name}`;
  const watch = client.watch(key);
  await watch.ready;
  const { revision } = await client.put(key, "1");
  for await (const event of watch) {
    expect(event).toMatchObject({ type: "put", entry: { key, modRevision: revision } });
    break;
  }
  expect((await client.get(key))?.text()).toBe("1");
  await expect(client.get("elsewhere")).rejects.toMatchObject({ reason: "PermissionDenied" });
});
