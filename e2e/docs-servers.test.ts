import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, runInProcess } from "./cli/in-process.ts";
import { type Etcd, startEtcd } from "./etcd.ts";

/** The blocks of the page in a language. */
async function blocks(language: string): Promise<string[]> {
  const text = await readFile(new URL("../docs/servers.md", import.meta.url), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code = ""]) => code);
}

/** The flags that a sheet starts etcd with, but for addresses, names and folders, which are those of this machine here. */
const flagsIn = (sheet: string): string[] =>
  [...sheet.matchAll(/^ +- (--(?!name=|data-dir=|listen|advertise|initial)\S+)$/gm)].map(([, flag = ""]) => flag);

describe("docs/servers.md", () => {
  let etcd: Etcd;
  beforeAll(async () => {
    const [compose = "", kubernetes = ""] = await blocks("yaml");
    const flags = flagsIn(compose);
    expect(flags).toEqual(expect.arrayContaining(flagsIn(kubernetes)));
    expect(flags).toContain("--cors=http://localhost:5173");
    etcd = await startEtcd({ version: "3.5", flags });
  });
  afterAll(() => etcd?.close());

  const fetcd = (args: readonly string[]): Promise<Ran> =>
    runInProcess(args, "", { ...process.env, ETCDCTL_ENDPOINTS: etcd.endpoints[0] });

  it("starts an etcd that lets the page of the sheet at it, and no other", async () => {
    const ask = async (origin: string): Promise<string | null> => {
      const answer = await fetch(`${etcd.endpoints[0]}/v3/kv/range`, {
        method: "POST",
        headers: { origin },
        body: '{"key":"YQ=="}',
      });
      return answer.headers.get("access-control-allow-origin");
    };
    expect(await ask("http://localhost:5173")).toBe("http://localhost:5173");
    expect(await ask("http://localhost:5174")).toBeNull();
  });

  it("turns authentication on, by its lines, so that a user has its own keys alone", async () => {
    const [lines = ""] = await blocks("sh");
    for (const line of lines.trim().split("\n")) {
      const { code, stderr } = await fetcd(line.split(" ").slice(1));
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
    }
    const user = "--user=app:change-me-too";
    expect((await fetcd([user, "get", "app/color"])).stdout).toBe("app/color\ngreen\n");
    expect((await fetcd([user, "get", "other"])).stderr).toContain("PermissionDenied");
    expect((await fetcd(["get", "app/color"])).code).not.toBe(0);
  });
});
