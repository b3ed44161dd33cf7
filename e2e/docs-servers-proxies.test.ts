import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcd, type WatchEvent } from "../src/index.ts";
import { createNodeFetch, type NodeFetch } from "../src/node/index.ts";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { proxyProgram } from "./front-proxies.ts";
import { poll } from "./poll.ts";
import { freePort } from "./ports.ts";
import { serverProcess, type ServerProcess } from "./server-process.ts";
import { type RigFolder, rigFolder } from "./watchdog.ts";

const origin = "http://localhost:5173";
const pageText = "<!doctype html><title>app</title>";

let etcd: Etcd;
let folder: RigFolder;
let certs: Certificates;
beforeAll(async () => {
  folder = rigFolder();
  mkdirSync(join(folder.path, "app"));
  writeFileSync(join(folder.path, "app/index.html"), pageText);
  [etcd, certs] = await Promise.all([startEtcd({ version: "3.5", cors: origin }), makeCertificates(folder.path)]);
});
afterAll(async () => {
  await etcd?.close();
  folder?.remove();
});

/** A block of the page, with the address of the etcd of this test. */
async function configuration(language: string): Promise<string> {
  const text = await readFile(new URL("../docs/servers.md", import.meta.url), "utf8");
  const [, block = ""] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text) ?? [];
  expect(block).toContain("127.0.0.1:2379");
  return block.replaceAll("127.0.0.1:2379", new URL(etcd.endpoints[0] ?? "").host);
}

interface Front {
  readonly url: string;
  readonly fetch: NodeFetch;
  readonly server: ServerProcess;
}

/** The page's Caddy, with a certificate of its own authority in place of one that the world trusts. */
async function caddy(): Promise<Front> {
  const port = await freePort();
  const site = (await configuration("caddyfile"))
    .replace(/^app\.example \{/, `localhost:${port} {`)
    .replace("/srv/app", join(folder.path, "app"));
  const file = join(folder.path, "Caddyfile");
  writeFileSync(file, `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n${site}`);
  const server = serverProcess({
    binary: await proxyProgram("caddy"),
    name: "caddy",
    args: () => ["run", "--adapter", "caddyfile", "--config", file],
    env: { PATH: process.env["PATH"], HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
    startedLine: /certificate obtained successfully/,
  });
  await server.start();
  const ca = readFileSync(join(folder.path, "caddy/pki/authorities/local/root.crt"), "utf8");
  return { url: `https://localhost:${port}`, fetch: createNodeFetch({ ca }), server };
}

/** The page's nginx, where connections may be quiet for a second by default, not for 60. */
async function nginx(edit = (config: string): string => config): Promise<Front> {
  const port = await freePort();
  const site = edit(await configuration("nginx"))
    .replace("listen 443 ", `listen 127.0.0.1:${port} `)
    .replace("/etc/nginx/app.example.pem", certs.server.cert)
    .replace("/etc/nginx/app.example.key", certs.server.key);
  const file = join(folder.path, `nginx-${port}.conf`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder.path, `${name}-${port}`)};`,
  );
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${file}.pid; error_log stderr notice; user root;
events {}
http {
  access_log off; proxy_read_timeout 1s; ${temporary.join(" ")}
${site}}`,
  );
  const server = serverProcess({
    binary: await proxyProgram("nginx"),
    name: "nginx",
    args: () => ["-p", folder.path, "-c", file],
    startedLine: /getrlimit/,
  });
  await server.start();
  const ca = readFileSync(certs.ca, "utf8");
  return { url: `https://127.0.0.1:${port}`, fetch: createNodeFetch({ ca }), server };
}

/** The value that the next event brings. */
async function nextText(events: AsyncIterator<WatchEvent>): Promise<string> {
  const next = await events.next();
  if (next.done === true) throw new Error("the watch has ended");
  return next.value.entry.text();
}

describe.each([
  ["Caddy", caddy],
  ["nginx", nginx],
] as const)("docs/servers.md: %s in front of etcd", (name, start) => {
  let front: Front;
  beforeAll(async () => {
    front = await start();
  });
  afterAll(async () => {
    await front?.fetch[Symbol.asyncDispose]();
    await front?.server.kill();
  });

  it("hands on what is read and written, up to etcd's largest request, and watch events at once", async () => {
    await using client = createEtcd({ endpoints: front.url, fetch: front.fetch });
    await client.put("app/color", "green");
    expect((await client.get("app/color"))?.text()).toBe("green");
    const large = new Uint8Array(1.5 * 1024 * 1024 - 512).fill(7);
    await client.put("app/large", large);
    expect(Buffer.compare((await client.get("app/large"))?.value ?? new Uint8Array(), large)).toBe(0);

    await using watcher = client.watch("app/live");
    await watcher.ready;
    const events = watcher[Symbol.asyncIterator]();
    // One small event after the other: what is held back until more has come together never comes.
    for (const value of ["1", "2", "3"]) {
      await client.put("app/live", value);
      expect(await nextText(events)).toBe(value);
    }
  });

  it("hands on etcd's CORS headers, and its gateway only", async () => {
    const ask = (from: string): Promise<Response> =>
      front.fetch(`${front.url}/v3/kv/range`, { method: "POST", headers: { origin: from }, body: '{"key":"YQ=="}' });
    expect((await ask(origin)).headers.get("access-control-allow-origin")).toBe(origin);
    expect((await ask("https://elsewhere.example")).headers.get("access-control-allow-origin")).toBeNull();
    for (const path of ["/metrics", "/debug/vars", "/v2/keys", "/health"]) {
      const answer = await front.fetch(front.url + path);
      expect({ path, status: answer.status }).toEqual({ path, status: 404 });
      await answer.arrayBuffer();
    }
    if (name === "Caddy") expect(await (await front.fetch(front.url)).text()).toBe(pageText);
  });
});

describe("docs/servers.md: a quiet watch through nginx", () => {
  /** A watch through nginx, and how often it was asked for. */
  async function watched(front: Front, key: string): Promise<{ requests: () => number; next: () => Promise<string> }> {
    let requests = 0;
    const client = createEtcd({
      endpoints: front.url,
      fetch: (url, init) => {
        if (url.endsWith("/v3/watch")) requests++;
        return front.fetch(url, init);
      },
    });
    const watcher = client.watch(key);
    await watcher.ready;
    const events = watcher[Symbol.asyncIterator]();
    return {
      requests: () => requests,
      async next() {
        try {
          return await nextText(events);
        } finally {
          await client.close();
        }
      },
    };
  }

  it("outlives the time after which nginx would end it, and loses nothing where the line for that is left out", async () => {
    const kept = await nginx();
    const ended = await nginx((config) => config.replace(/^.*proxy_read_timeout.*\n/m, ""));
    try {
      const [long, short] = [await watched(kept, "quiet/a"), await watched(ended, "quiet/b")];
      // It has been ended and opened again three times: the other one has been quiet for longer than that.
      await poll("nginx ends the watch", 50_000, () => short.requests() >= 4 || undefined);
      await using client = createEtcd({ endpoints: etcd.endpoints });
      await client.put("quiet/a", "1");
      await client.put("quiet/b", "2");
      expect([await long.next(), await short.next()]).toEqual(["1", "2"]);
      expect(long.requests()).toBe(1);
    } finally {
      for (const { fetch, server } of [kept, ended]) {
        await fetch[Symbol.asyncDispose]();
        await server.kill();
      }
    }
  });
});
