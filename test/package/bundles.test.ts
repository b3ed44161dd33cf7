import { describe, expect, it } from "vitest";
import { bundle, type Bundle } from "./bundle.ts";
import { bundleFaults, type BundleRule, clientRule, entryRules, flagsRule } from "./bundle-rules.ts";
import { entries, manifest } from "./project.ts";

describe("the bundle of an entry", () => {
  it("has a rule for each entry", () => {
    expect(Object.keys(entryRules)).toEqual(entries.map(({ subpath }) => subpath));
  });

  it.each(Object.entries(entryRules))("%s holds what it may and keeps its budget", async (subpath, rule) => {
    const made = await bundle(`export * from "${manifest.name}${subpath.slice(1)}"`);
    expect(Object.keys(made.files).filter((file) => file.startsWith("dist/"))).not.toEqual([]);
    expect(bundleFaults(made, rule)).toEqual([]);
  });

  it("is smaller for a program that only wants a client", async () => {
    const made = await bundle(`export { createEtcd } from "${manifest.name}"`);
    expect(made.code).toContain("createEtcd");
    expect(made.code).not.toMatch(/function (?:mutex|election|cache|transact)\(/);
    expect(bundleFaults(made, clientRule)).toEqual([]);
  });

  it("of flags with their client keeps its budget", async () => {
    const code = `export { createEtcd } from "${manifest.name}"; export { createFlags } from "${manifest.name}/flags"`;
    expect(bundleFaults(await bundle(code), flagsRule)).toEqual([]);
  });

  it.each(["unstorage", "keyv"])("of %s adds 2 kB at most to the client that it needs", async (name) => {
    const client = `export { createEtcd } from "${manifest.name}"`;
    const both = await bundle(`${client}; export * from "${manifest.name}/${name}"`);
    expect(both.gzipped - (await bundle(client)).gzipped).toBeLessThanOrEqual(2000);
  });

  it("is almost nothing for a program that imports an entry and uses nothing of it", async () => {
    for (const { subpath } of entries) {
      expect((await bundle(`import "${manifest.name}${subpath.slice(1)}"`)).minified).toBeLessThan(100);
    }
  });
});

describe("the bundle rules", () => {
  const rule: BundleRule = { packages: ["@bufbuild/protobuf"], budget: 30_000 };
  const faultsOf = async (code: string): Promise<string[]> => bundleFaults(await bundle(code), rule);

  it.each([
    [
      "a package that is not listed",
      `export { createClient } from "@connectrpc/connect"`,
      "holds the package @connectrpc/connect",
    ],
    ["an import left for run time", `export { readFile } from "node:fs"`, "imports node:fs at run time"],
    ["eval", `export const f = (x) => eval(x)`, "holds eval"],
    ["new Function", `export const f = (x) => new Function(x)`, "holds a function made from a string"],
    ["require", `export const f = (x) => require(x)`, "holds require"],
    ["Buffer", `export const f = (x) => Buffer.from(x)`, "holds Buffer"],
    ["protobuf's JSON code", `export { fromJson } from "@bufbuild/protobuf"`, "holds protobuf's fromJson or toJson"],
  ])("refuse %s", async (_, code, fault) => {
    expect(await faultsOf(code)).toContain(fault);
  });

  it("refuse a bundle over its budget, by a byte", () => {
    const made: Bundle = { minified: 9, gzipped: 30_000, code: "", files: {}, imports: [] };
    expect(bundleFaults(made, rule)).toEqual([]);
    expect(bundleFaults({ ...made, gzipped: 30_001 }, rule)).toEqual(["is 30001 bytes gzipped, more than 30000"]);
  });

  it("count what is used, not what is near: no JSON code comes with messages in binary", async () => {
    expect(await faultsOf(`export { fromBinary, create } from "@bufbuild/protobuf"; // eval(x)`)).toEqual([]);
  });
});
