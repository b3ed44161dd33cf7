import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Certificates, type Etcd, startEtcd } from "./etcd.ts";
import { poll } from "./poll.ts";
import { freePort } from "./ports.ts";
import { run } from "./run.ts";
import { killWithUs } from "./watchdog.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = await readFile(join(root, "docs/certificates.md"), "utf8");

/** The code under a heading, in a language. */
function recipe(heading: string, language: string): string {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const code = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "m").exec(section)?.[1];
  if (code === undefined) throw new Error(`no ${language} under ${heading}`);
  return code;
}

describe("The recipes for client certificates, on an etcd that asks for them", () => {
  let etcd: Etcd;
  let certificates: Certificates;
  let folder: string;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5", tls: "mutual" });
    if (etcd.certs === undefined) throw new Error("an etcd without TLS");
    certificates = etcd.certs;
    // Inside of the project, so that the package is found by its name.
    folder = await mkdtemp(join(root, "examples", ".readme-"));
  });
  afterAll(async () => {
    await etcd.close();
    await rm(folder, { recursive: true });
  });

  /** As one module: not every runtime reads the names of TypeScript's settings. */
  async function bundled(name: string, code: string): Promise<string> {
    const outfile = join(folder, name);
    const stdin = { contents: code, resolveDir: folder, loader: "ts" as const };
    const external = ["node:*"];
    await build({ stdin, outfile, bundle: true, format: "esm", target: "es2022", external, logLevel: "silent" });
    return outfile;
  }

  const certificateFolder = (): string => join(certificates.ca, "..");
  const env = (): NodeJS.ProcessEnv => ({
    ...process.env,
    CERTIFICATES: certificateFolder(),
    ETCD: etcd.endpoints[0],
  });

  it.each([
    ["Node", [process.execPath]],
    ["Deno", [join(root, `node_modules/@deno/${process.platform}-${process.arch}-glibc/deno`), "run", "-A"]],
    ["Bun", [join(root, "node_modules/.bin/bun")]],
  ])("%s", async (heading, [program = "", ...args]) => {
    const file = await bundled(`${heading}.mjs`, recipe(heading, "js"));
    const { code, stdout, stderr } = await run(program, [...args, file], { env: env() });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: "green\n" });
    expect((await etcd.etcdctl(["get", "color"])).stdout).toBe("color\ngreen\n");
    expect((await etcd.etcdctl(["del", "color"])).stdout).toBe("1\n");
  });

  it("workerd", async () => {
    const port = await freePort();
    const code = recipe("workerd", "js").replace("https://127.0.0.1:2379", etcd.endpoints[0] ?? "");
    await bundled("worker.js", code);
    const config = recipe("workerd", "capnp").replace("127.0.0.1:8080", `127.0.0.1:${port}`);
    await writeFile(join(folder, "config.capnp"), config);
    for (const name of ["ca.pem", "client.pem", "client-key.pem"]) {
      await writeFile(join(folder, name), await readFile(join(certificateFolder(), name)));
    }
    const workerd = spawn(join(root, "node_modules/.bin/workerd"), ["serve", join(folder, "config.capnp")], {
      stdio: "ignore",
    });
    const forget = workerd.pid === undefined ? undefined : killWithUs(workerd.pid);
    onTestFinished(async () => {
      const gone = new Promise((resolve) => workerd.once("close", resolve));
      workerd.kill();
      await gone;
      forget?.();
    });
    const text = await poll("workerd answers", 20_000, async () => (await fetch(`http://127.0.0.1:${port}`)).text());
    expect(text).toBe("green");
    expect((await etcd.etcdctl(["get", "color"])).stdout).toBe("color\ngreen\n");
  });
});
