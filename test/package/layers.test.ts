import { describe, expect, it } from "vitest";
import { importCycles, layerFaults } from "./layers.ts";
import { entries, manifest, root } from "./project.ts";
import { parseModule, readSourceModules } from "./source-modules.ts";

/** Packages that the build puts into dist: users do not install them. */
const builtIn = ["@flatten-js/interval-tree", "@js-sdsl/ordered-map", "@noble/hashes", "commander"];

const modules = readSourceModules(root);
const entryPaths = entries.map(({ source }) => source);

/** The faults of a small tree: { path below src: text }. */
function faultsOf(tree: Readonly<Record<string, string>>): string[] {
  const parsed = Object.entries(tree).map(([path, text]) => parseModule(`src/${path}`, text));
  return layerFaults(parsed, ["src/index.ts", "src/transport/index.ts"]);
}

function cyclesOf(tree: Readonly<Record<string, string>>): string[][] {
  return importCycles(Object.entries(tree).map(([path, text]) => parseModule(`src/${path}`, text)));
}

describe("the source tree", () => {
  it("is read: its entry points and the imports between its modules are there", () => {
    expect(modules.map(({ path }) => path)).toEqual(expect.arrayContaining(entryPaths));
    expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(modules.length);
  });

  it("has arrows between its layers that go down only", () => {
    expect(layerFaults(modules, entryPaths)).toEqual([]);
  });

  it("has no import cycle, of values or of types", () => {
    expect(importCycles(modules)).toEqual([]);
  });

  it("has no file name twice within a layer, the generated ones apart", () => {
    const seen = new Map<string, string>();
    for (const { path } of modules.filter((module) => !module.path.startsWith("src/gen/"))) {
      const name = `${path.split("/").slice(0, 2).join("/")} ${path.split("/").at(-1)}`;
      expect([path, seen.get(name)]).toEqual([path, undefined]);
      seen.set(name, path);
    }
  });

  it("takes a lock through seven files of recipes at most", () => {
    const path = new Set(["src/recipes/lock/mutex.ts"]);
    for (const file of path) {
      const found = modules.find((module) => module.path === file);
      for (const { target } of found?.imports ?? []) if (target?.startsWith("src/recipes/") === true) path.add(target);
    }
    expect(path.size).toBeLessThanOrEqual(7);
  });

  it("imports only packages that the package depends on", () => {
    const names = [...modules, ...readSourceModules(root, "cli")]
      .flatMap(({ imports }) => imports.filter(({ target }) => target === undefined))
      .map(({ specifier }) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"))
      .filter((name) => !name.startsWith("node:") && name !== manifest.name);
    const peers = Object.keys(manifest.peerDependencies);
    const own = new Set(names.filter((name) => !peers.includes(name) && !builtIn.includes(name)));
    expect([...own].toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
    expect(builtIn.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe("the layer rules", () => {
  it.each<[string, Record<string, string>, string]>([
    [
      "transport on v3",
      { "transport/a.ts": `import { b } from "../v3/b.ts";`, "v3/b.ts": "export const b = 1;" },
      "src/transport/a.ts imports ../v3/b.ts: not a layer below",
    ],
    [
      "transport on v3 for a type",
      { "transport/a.ts": `export type A = import("../v3/b.ts").B;`, "v3/b.ts": "export type B = 1;" },
      "src/transport/a.ts imports ../v3/b.ts: not a layer below",
    ],
    [
      "v3 on grpc-web by a dynamic import",
      { "v3/a.ts": `export const a = () => import("../grpc-web/b.ts");`, "grpc-web/b.ts": "export const b = 1;" },
      "src/v3/a.ts imports ../grpc-web/b.ts: not a layer below",
    ],
    [
      "a computed import",
      { "v3/a.ts": "export const a = (x: string) => import(x);" },
      "src/v3/a.ts imports (computed): not a package of this layer",
    ],
    [
      "v3 on an entry point",
      { "v3/a.ts": `import { b } from "../transport/index.ts";`, "transport/index.ts": "export const b = 1;" },
      "src/v3/a.ts imports ../transport/index.ts: entry points are for users only",
    ],
    [
      "v3 on a package of another layer",
      { "v3/a.ts": `export * from "@connectrpc/connect-web";` },
      "src/v3/a.ts imports @connectrpc/connect-web: not a package of this layer",
    ],
    [
      "something outside src",
      { "v3/a.ts": `import x from "../../package.json";` },
      "src/v3/a.ts imports ../../package.json: no module of src",
    ],
    [
      "v3 on Node",
      { "v3/a.ts": `import type { Agent } from "node:http";` },
      "src/v3/a.ts imports node:http: only src/node may",
    ],
    [
      "a recipe on what users do not see",
      {
        "recipes/a.ts": `import { hidden, shown } from "../v3/b.ts";`,
        "v3/b.ts": "export const hidden = 1, shown = 2;",
        "index.ts": `export { shown } from "./v3/b.ts";`,
      },
      "src/recipes/a.ts uses hidden, which src/index.ts does not export",
    ],
    [
      "a folder of no layer",
      { "utils/a.ts": "" },
      `src/utils/a.ts is in a layer without a rule: add "utils" to test/package/layers.ts`,
    ],
    [
      "an index.ts inside a layer",
      { "v3/watch/index.ts": "" },
      "src/v3/watch/index.ts is an index.ts but no entry point of the package",
    ],
    ["a default export", { "v3/a.ts": "export default 1;" }, "src/v3/a.ts has a default export"],
    [
      "a default export in other words",
      { "v3/a.ts": "const a = 1; export { a as default };" },
      "src/v3/a.ts has a default export",
    ],
    ["Buffer as a value", { "v3/a.ts": `export const a = Buffer.from("x");` }, "src/v3/a.ts names Buffer"],
    ["Buffer as a type", { "v3/a.ts": "export type A = Buffer;" }, "src/v3/a.ts names Buffer"],
    [
      "process of the global object",
      { "v3/a.ts": "export const a = globalThis.process;" },
      "src/v3/a.ts names process",
    ],
    ["process taken apart", { "v3/a.ts": "export const { process: a } = globalThis;" }, "src/v3/a.ts names process"],
    ["require", { "v3/a.ts": `export const a = require("x");` }, "src/v3/a.ts names require"],
    ["the user agent", { "v3/a.ts": "export const a = navigator.userAgent;" }, "src/v3/a.ts names userAgent"],
    [
      "types of a runtime",
      { "v3/a.ts": `/// <reference types="node" />\nexport {};` },
      "src/v3/a.ts names /// <reference>",
    ],
  ])("refuse %s", (_, tree, fault) => {
    expect(faultsOf(tree)).toEqual([fault]);
  });

  it("allow what goes down, names in comments and texts, and properties that only share a name", () => {
    const text = `/// <reference lib="esnext.disposable" />
      import { b } from "../transport/b.ts"; // not "../recipes/x.ts", no Buffer
      import { sha256 } from "@noble/hashes/sha2.js";
      export const a = [b, sha256, "process require('x')", b.process, { [b]: 1 }];
      export interface A { readonly process: string; require(): void }`;
    expect(faultsOf({ "v3/a.ts": text, "transport/b.ts": "export declare const b: { process: symbol };" })).toEqual([]);
    expect(faultsOf({ "node/a.ts": `import { Buffer } from "node:buffer"; export const a = Buffer;` })).toEqual([]);
  });
});

describe("the cycle finder", () => {
  it("finds a cycle of types, and of a module with itself", () => {
    expect(cyclesOf({ "a.ts": `import type { B } from "./b.ts";`, "b.ts": `export * from "./a.ts";` })).toEqual([
      ["src/a.ts", "src/b.ts"],
    ]);
    expect(cyclesOf({ "a.ts": `import "./a.ts";` })).toEqual([["src/a.ts"]]);
  });

  it("finds a cycle that the first way in does not start from, and is at ease with two ways to one module", () => {
    const diamond = {
      "a.ts": `import "./b.ts"; import "./c.ts";`,
      "b.ts": `import "./d.ts";`,
      "c.ts": `import "./d.ts";`,
    };
    expect(cyclesOf({ ...diamond, "d.ts": "" })).toEqual([]);
    expect(cyclesOf({ ...diamond, "d.ts": `import "./c.ts";` })).toEqual([["src/d.ts", "src/c.ts"]]);
  });
});
