import { describe, expect, it } from "vitest";
import { entryModules, sourceEntries } from "../../scripts/entries.ts";
import { entries, manifest, readText, root } from "./project.ts";
import { lockFaults, manifestFaults } from "./manifest-rules.ts";
import { readSourceModules } from "./source-modules.ts";

const conditions = (name: string): { types: string; default: string } => ({
  types: `./dist/${name}.d.ts`,
  default: `./dist/${name}.js`,
});

describe("the exports map", () => {
  it("mirrors the entry points of src: each index.ts and workerd.ts, and each module directly in src, has its subpath, or a condition of one", () => {
    const points = readSourceModules(root)
      .map(({ path }) => path)
      .filter((path) => /^src\/([^/]+|[^/]+\/(index|workerd))\.ts$/.test(path));
    expect(points.toSorted()).toEqual(
      entryModules(entries)
        .map(({ source }) => source)
        .toSorted(),
    );
  });

  it("names the module and its declarations by the folder they are built from", () => {
    const map = { ".": conditions("index"), "./v2": conditions("v2/index"), "./proto": conditions("proto") };
    expect(sourceEntries({ ...map, "./package.json": "./package.json" })).toEqual([
      { subpath: ".", name: "index", source: "src/index.ts" },
      { subpath: "./v2", name: "v2/index", source: "src/v2/index.ts" },
      { subpath: "./proto", name: "proto", source: "src/proto.ts" },
    ]);
  });

  it("may lead programs of workerd to a module of their own", () => {
    const { types, ...code } = conditions("index");
    const map = { ".": { types, workerd: "./dist/workerd.js", ...code } };
    const workerd = { name: "workerd", source: "src/workerd.ts" };
    expect(sourceEntries(map)).toEqual([{ subpath: ".", name: "index", source: "src/index.ts", workerd }]);
    const other = { ".": { types, workerd: "./dist/other.js", ...code } };
    expect(() => sourceEntries(other)).toThrow("must name ./dist/workerd.js");
  });

  it.each([
    ["no types", { "./v2": "./dist/v2/index.js" }, "has no types"],
    [
      "types that come too late to be seen",
      { "./v2": { default: "./dist/v2/index.js", types: "./dist/v2/index.d.ts" } },
      "before",
    ],
    ["types of another module", { "./v2": { ...conditions("v2/index"), types: "./dist/index.d.ts" } }, "must name"],
    [
      "a module outside dist",
      { "./v2": { types: "./src/v2.d.ts", default: "./src/v2.ts" } },
      "does not lead to a module in dist",
    ],
    ["a subpath that is not its folder", { "./v2": conditions("v3/index") }, "leads to v3/index"],
  ])("is refused with %s", (_, map, message) => {
    expect(() => sourceEntries(map)).toThrow(message);
  });
});

describe("package.json", () => {
  const fine = {
    version: "0.1.0",
    type: "module",
    sideEffects: false,
    scripts: { test: "vitest" },
    dependencies: { a: "^1.0.0" },
  };

  it("is ESM without side effects, runs nothing when it is installed, pins its tools and leaves its dependencies to users", () => {
    expect(manifestFaults(manifest)).toEqual([]);
    expect(manifestFaults(fine)).toEqual([]);
  });

  it.each([
    ["install scripts", { scripts: { postinstall: "x" } }, "runs postinstall when it is installed"],
    [
      "a prepare script, which runs at a git install",
      { scripts: { prepare: "x" } },
      "runs prepare when it is installed",
    ],
    ["a version range", { devDependencies: { b: "^1.0.0" } }, "does not pin b: ^1.0.0"],
    ["a dependency from elsewhere", { devDependencies: { b: "github:x/y" } }, "does not pin b: github:x/y"],
    ["a pinned dependency", { dependencies: { b: "1.0.0" } }, "does not leave b to its users: 1.0.0"],
    ["CommonJS", { type: "commonjs" }, "is not ESM"],
    ["side effects", { sideEffects: true }, "does not say that it has no side effects"],
  ])("is refused with %s", (_, change, fault) => {
    expect(manifestFaults({ ...fine, ...change })).toEqual([fault]);
  });
});

describe("package-lock.json", () => {
  it("names no registry, so that everybody's own is used, and has a checksum for each package", () => {
    expect(lockFaults(JSON.parse(readText("package-lock.json")))).toEqual([]);
  });

  it("is refused with an address, or without a checksum", () => {
    const lock = (entry: object): object => ({
      packages: { "": {}, "node_modules/a": { version: "1.0.0", ...entry } },
    });
    expect(lockFaults(lock({ integrity: "sha512-x" }))).toEqual([]);
    expect(lockFaults(lock({ integrity: "sha512-x", resolved: "https://example/a.tgz" }))).toEqual([
      `node_modules/a is resolved to "https://example/a.tgz"`,
    ]);
    expect(lockFaults(lock({}))).toEqual(["node_modules/a has no checksum"]);
    expect(lockFaults({})).toEqual(["is not a lock file"]);
  });
});
