import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { changingVariables } from "./module-state.ts";
import { readText, root } from "./project.ts";

/**
 * What a module remembers, and why nobody has to know. Two copies of the package may run in one program, and each has its
 * own: what decides who holds a lock, or whether a write was applied, must not be here.
 */
const remembered = {
  "src/recipes/session/lease-keeper.ts: keepers": "renews the leases of a client together; another copy does so alone",
  "src/transport/codec/base64.ts: letterPairs": "a table that is the same each time it is made",
  "src/transport/codec/codec.ts: codecs": "what is computed from a descriptor, which does not change",
  "src/transport/codec/rpc-path.ts: routes": "what is computed from a descriptor, which does not change",
  "src/transport/on-abort.ts: followed": "what was made for a signal already; another copy makes it again",
  "src/transport/on-abort.ts: listening": "one listener for each signal; another copy has one more",
};

it("modules of src and cli share no state but what they remember to save work", () => {
  const found = ["src", "cli"]
    .flatMap((folder) =>
      readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
    )
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) => changingVariables(path, readText(path)).map((name) => `${path}: ${name}`));
  expect(found.toSorted()).toEqual(Object.keys(remembered));
});

it.each([
  ["let count = 0;", ["count"]],
  ["export let a = 0, b = 1;", ["a", "b"]],
  ["const seen = new WeakSet<object>();", ["seen"]],
  ["export const known: Map<string, number> = new Map();", ["known"]],
  ["const names: ReadonlySet<string> = new Set();", []],
  ["export const names: ReadonlyMap<string, number> = new Map();", []],
  ["function f() { let count = 0; const seen = new Set(); }", []],
  ["const at = new Date();", []],
])("is seen in %s", (text, names) => {
  expect(changingVariables("src/a.ts", text)).toEqual(names);
});
