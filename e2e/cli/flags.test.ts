import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { type Etcd as EtcdServer, startEtcd } from "../etcd.ts";
import { type Cli, cliOn } from "./cli.ts";

const checkout = {
  state: "ENABLED",
  variants: { old: "classic", new: "one-page" },
  defaultVariant: "old",
  targeting: { if: [{ "==": [{ var: "plan" }, "pro"] }, "new"] },
};

describe("fetcd flags", () => {
  let server: EtcdServer;
  let etcd: Etcd;
  let cli: Cli;
  let folder: string;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5" });
    etcd = createEtcd({ endpoints: server.endpoints });
    cli = cliOn(server.endpoints[0] ?? "");
    folder = await mkdtemp(join(tmpdir(), "fetcd-"));
  });
  afterAll(async () => {
    await etcd?.close();
    await server?.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    await etcd.delete({ all: true });
  });

  const printed = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run(["flags", ...args]);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
    return stdout;
  };
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await cli.run(["flags", ...args]);
    expect({ args, code }).toEqual({ args, code: 1 });
    return stderr;
  };
  const file = async (name: string, content: unknown): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify(content));
    return path;
  };

  it("writes flags and shows them", async () => {
    expect(await printed("set", "limit", "20")).toBe("OK\n");
    expect(await printed("set", "checkout", JSON.stringify(checkout))).toBe("OK\n");
    expect(await printed("list")).toBe("checkout\tENABLED\told* new\ttargeting\nlimit\tvalue\t20\n");
    expect(JSON.parse(await printed("get", "checkout"))).toEqual(checkout);
    expect(await printed("disable", "checkout")).toBe("OK\n");
    expect((await etcd.get("flags/checkout"))?.json()).toEqual({ ...checkout, state: "DISABLED" });
    expect(await printed("enable", "checkout")).toBe("OK\n");
    expect(await refused("enable", "limit")).toContain("plain JSON, not a flag definition");
    expect(await refused("get", "none")).toContain('there is no flag "none"');
  });

  it("keeps a flag's lease", async () => {
    const { id } = await etcd.lease.grant(60);
    await etcd.put("flags/checkout", JSON.stringify(checkout), { lease: id });
    await printed("disable", "checkout");
    expect((await etcd.get("flags/checkout"))?.lease).toBe(id);
  });

  it("writes nothing that is not valid, and says what, where and what was expected", async () => {
    const bad = {
      state: "on",
      variants: { a: 1, b: "2" },
      defaultVariant: "c",
      targeting: { if: [{ "=": [1, 2] }, { fractional: [["a", 1.5]] }, { sem_ver: ["1", "==", "2"] }, { in: ["a"] }] },
    };
    const text = await refused("set", "checkout", JSON.stringify(bad));
    for (const fault of [
      'checkout.state: expected "ENABLED" or "DISABLED", got "on"',
      "checkout.variants.b: expected number, as a is, got string",
      'checkout.defaultVariant: expected one of a, b, got "c"',
      'checkout.targeting.if.0: there is no operator "="',
      "checkout.targeting.if.1.fractional.0.1: expected a weight, a whole number of at least 0, got 1.5",
      'checkout.targeting.if.2.sem_ver.1: expected one of = != < <= > >= ^ ~, got "=="',
      "checkout.targeting.if.3.in: expected 2 arguments, got 1",
    ]) {
      expect(text).toContain(fault);
    }
    expect(await refused("set", "checkout", '{"state":"ENABLED","variants":{"a":1},"defaultvariant":"a"}')).toContain(
      "did you mean defaultVariant?",
    );
    expect(await refused("set", "limit", "twenty")).toContain("limit: not JSON");
    expect(await etcd.count({ all: true })).toBe(0n);
  });

  it("tells who gets what", async () => {
    await printed("set", "checkout", JSON.stringify(checkout));
    await printed("set", "limit", "20");
    expect(await printed("eval", "--context", '{"plan":"pro"}')).toBe(
      'FLAG      VALUE       VARIANT  REASON\ncheckout  "one-page"  new      TARGETING_MATCH\nlimit     20                   STATIC\n',
    );
    const sample = await file("users.json", [{ targetingKey: "ann", plan: "pro" }, { targetingKey: "bob" }]);
    expect(await printed("eval", "--sample", sample)).toBe(
      "TARGETING KEY  checkout  limit\nann            new       20\nbob            old       20\n",
    );
    const rows = (await printed("eval", "checkout", "--sample", sample, "--json")).trim().split("\n");
    expect(rows.map((row) => JSON.parse(row) as unknown)).toMatchObject([
      { key: "checkout", targetingKey: "ann", value: "one-page", variant: "new" },
      { key: "checkout", targetingKey: "bob", value: "classic", variant: "old" },
    ]);
    expect(await refused("eval", "none")).toContain('there is no flag "none"');
    expect(await refused("eval", "--context", "[]")).toContain("--context: expected an object of attributes");
  });

  it("takes a flagd document in, all or nothing, and gives it out again", async () => {
    const document = {
      $evaluators: { inside: { ends_with: [{ var: "email" }, "@example.com"] } },
      metadata: { owner: "team" },
      flags: {
        checkout,
        beta: {
          state: "ENABLED",
          variants: { on: true, off: false },
          defaultVariant: "off",
          targeting: { if: [{ $ref: "inside" }, "on"] },
        },
      },
    };
    const path = await file("flags.json", document);
    expect(await printed("check", path)).toBe("OK\n");
    expect(await printed("import", path, "--dry-run")).toBe("OK, nothing was written\n");
    expect(await etcd.count({ all: true })).toBe(0n);
    expect(await printed("import", path)).toBe("4 keys written\n");
    expect(await printed("check")).toBe("OK\n");
    const exported: unknown = JSON.parse(await printed("export"));
    expect(exported).toEqual({ $schema: "https://flagd.dev/schema/v0/flags.json", ...document });
    const bad = await file("bad.json", { flags: { ...document.flags, beta: { state: "ENABLED", variants: {} } } });
    expect(await refused("import", bad)).toContain("flags.beta.variants: expected an object with at least one variant");
    expect((await cli.run(["flags", "check", bad])).code).toBe(1);
    await etcd.put("flags/broken", "no JSON");
    const found = await cli.run(["flags", "check"]);
    expect([found.code, found.stdout]).toEqual([1, expect.stringContaining('broken: the flag "broken" is invalid')]);
  });
});
