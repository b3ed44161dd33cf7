import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect as see } from "playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { createEtcd } from "../src/index.ts";
import { launchBrowser } from "./browser.ts";
import { docExamples, type ExampleFolder, exampleFolder, exampleOn, nodeArguments, printedBy } from "./doc-examples.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { plainRequest } from "./plain-request.ts";
import { freePort } from "./ports.ts";
import { run } from "./run.ts";
import { startWorkerd } from "./start-workerd.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const cdn = `https://esm.sh/${manifest.name}@${manifest.version}`;
const edge = "At the edge: a function that reads a flag";
const inPage = "In a page: what is in etcd, as it changes";
const script = "In a script: a job that runs on one machine at a time";

const bundling = { bundle: true, format: "esm", target: "es2022", absWorkingDir: root, write: false } as const;
const examples = await docExamples("README.md", ["js", "ts", "html"]);

describe("The examples of the README", () => {
  let etcd: Etcd;
  let folder: ExampleFolder;
  let pagePort: number;
  beforeAll(async () => {
    pagePort = await freePort();
    etcd = await startEtcd({ version: "3.5", cors: `http://localhost:${pagePort}` });
    folder = await exampleFolder();
  });
  afterAll(async () => {
    await etcd.close();
    await folder.remove();
  });

  const fileOf = (heading: string): Promise<string> => folder.write(exampleOn(etcd, examples, heading));

  // A line for each example: one that is added without a line here fails the last test.
  const expected: Record<string, RegExp> = {
    Example: /^10\nsold: 9 left\nput stock\/apples 10\nput stock\/apples 9\n$/,
  };

  it.each(Object.entries(expected))("%s", async (heading, printed) => {
    expect(await printedBy(process.execPath, nodeArguments(await fileOf(heading)))).toMatch(printed);
  });

  it("print what the README shows", async () => {
    const [shown] = (await docExamples("README.md", ["text"])).filter(({ heading }) => heading === "Example");
    expect(await printedBy(process.execPath, nodeArguments(await fileOf("Example")))).toBe(shown?.code);
  });

  it(edge, async () => {
    await using client = createEtcd({ endpoints: etcd.endpoints });
    await client.put("flags/checkout", '"one-page"');
    const worker = await build({ ...bundling, entryPoints: [await fileOf(edge)] });
    await using workerd = await startWorkerd({ code: worker.outputFiles[0]?.text ?? "", bindings: {} });
    const answer = await fetch(`${workerd.url}/?user=u-1`);
    expect(await answer.text(), workerd.log()).toBe('{"checkout":"one-page"}');
  });

  it(inPage, async () => {
    const library = await build({ ...bundling, entryPoints: [join(root, "src/index.ts")] });
    const page = exampleOn(etcd, examples, inPage).code;
    expect(page).toContain(`"${cdn}"`);
    const files: Record<string, [type: string, text: string]> = {
      "/": ["text/html", page.replace(cdn, "/fetcd.js")],
      "/fetcd.js": ["text/javascript", library.outputFiles[0]?.text ?? ""],
    };
    await using site = await serving(pagePort, files);
    await using browser = await launchBrowser("chromium");
    await using client = createEtcd({ endpoints: etcd.endpoints });
    await client.put("feature/<b>", "on");
    const tab = await browser.newPage();
    await tab.goto(`http://localhost:${site.port}/`);
    await see(tab.getByRole("listitem").filter({ hasText: "feature/<b>: on" })).toHaveCount(1);
    await client.put("feature/<b>", "off");
    await see(tab.getByRole("listitem").filter({ hasText: "feature/<b>: off" })).toHaveCount(1);
  });

  const deno = join(root, "node_modules/@deno/linux-x64-glibc/deno");
  it.each([
    ["Deno", deno, ["run", "--config", join(root, "examples/deno/deno.json"), "--allow-net"]],
    ["Bun", join(root, "node_modules/.bin/bun"), []],
    ["Node", process.execPath, []],
  ] as const)(`${script}: in %s`, async (_, command, args) => {
    await using client = createEtcd({ endpoints: etcd.endpoints });
    const before = Number((await client.get("nightly/runs"))?.text() ?? 0);
    expect(await printedBy(command, [...args, await fileOf(script)])).toBe(`run ${before + 1}\n`);
    expect((await client.get("nightly/runs"))?.text()).toBe(String(before + 1));
  });

  it.each(["an etcd in memory", "your etcd"])("and the tour of npm start, on %s", async (where) => {
    const env = { ...process.env, ...(where === "your etcd" && { ETCD_ENDPOINTS: etcd.endpoints.join() }) };
    const { code, stdout, stderr } = await run(process.execPath, ["--import", "tsx", "examples/tour.ts"], {
      cwd: root,
      env,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`fetcd on ${where}`);
    expect(stdout.match(/^ {2}event: .+$/gm)).toHaveLength(4);
    expect(stdout).toContain("reason LeaseNotFound, outcome not-applied");
  });

  it("are all run", () => {
    expect(examples.map(({ heading }) => heading)).toEqual([...Object.keys(expected), edge, inPage, script]);
  });

  it("and those of each page of docs are run by a test that names it", async () => {
    const files = (await readdir(join(root, "e2e"))).filter((name) => name.endsWith(".test.ts"));
    const tests = await Promise.all(files.map((name) => readFile(join(root, "e2e", name), "utf8")));
    for (const page of await readdir(join(root, "docs"))) {
      if (!page.endsWith(".md") || (await docExamples(`docs/${page}`)).length === 0) continue;
      const named = tests.some((text) => text.includes(`"docs/${page}"`));
      expect(named, page).toBe(true);
    }
  });

  it("take this version where they take one from elsewhere", () => {
    expect(readme.match(/https:\/\/esm\.sh[^"]*/g)).toEqual([cdn, cdn]);
  });
});

describe("What docs/connect.md says of security", () => {
  /** What a page of another origin can send without asking first. */
  async function evilPut(etcd: Etcd): Promise<Response> {
    const headers = { "content-type": "text/plain", origin: "https://evil.example" };
    // "evil" and "yes" in base64.
    const body = '{"key":"ZXZpbA==","value":"eWVz"}';
    return fetch(`${etcd.endpoints[0]}/v3/kv/put`, { method: "POST", headers, body });
  }

  it("any page can write where authentication is off, whatever --cors says; not where it is on", async () => {
    await using etcd = await startEtcd({ version: "3.5", cors: "http://localhost:5173" });
    expect((await evilPut(etcd)).headers.get("access-control-allow-origin")).toBeNull();
    await using client = createEtcd({ endpoints: etcd.endpoints });
    expect((await client.get("evil"))?.text()).toBe("yes");
    await client.delete("evil");
    await etcd.enableAuth({ rootPassword: "secret", users: [] });
    expect((await evilPut(etcd)).ok).toBe(false);
    const auth = { username: "root", password: "secret" };
    await using root = createEtcd({ endpoints: etcd.endpoints, auth });
    expect(await root.has("evil")).toBe(false);
  });

  it("any page can read as well by default, which is --cors='*'", async () => {
    await using etcd = await startEtcd({ version: "3.5" });
    expect((await evilPut(etcd)).headers.get("access-control-allow-origin")).toBe("*");
  });

  it("--cors takes no origin without a port", async () => {
    await expect(startEtcd({ version: "3.5", cors: "https://app.example" })).rejects.toThrow("for flag -cors");
  });

  it("--host-whitelist refuses names that are not on it", async () => {
    await using etcd = await startEtcd({ version: "3.5", flags: ["--host-whitelist=127.0.0.1"] });
    const [url = ""] = etcd.endpoints;
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const headers = { host: "evil.example" };
    expect((await plainRequest(`${url}/health`, { headers })).status).toBe(421);
  });
});

async function serving(
  port: number,
  files: Readonly<Record<string, readonly [type: string, text: string]>>,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const server: Server = createServer((request, response) => {
    const [type, text] = files[request.url ?? ""] ?? [];
    response.writeHead(text === undefined ? 404 : 200, { "content-type": `${type}; charset=utf-8` }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(port, "localhost", resolve));
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
