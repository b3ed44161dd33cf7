import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";
import { readText, root } from "./project.ts";
import { isNode } from "./source-modules.ts";

/** Why some names of exports and of files stand twice. Every other one means one thing, which a search for it finds. */
const allowed: readonly { readonly why: string; readonly names: readonly string[] }[] = [
  { why: "what an entry exports, which a program imports from", names: ["index.ts", "workerd.ts"] },
  { why: "what starts a program: the command line, and the page", names: ["main.ts"] },
  { why: "the same for Workers, which must not share requests", names: ["createEtcd", "createProxy"] },
  { why: "the service of etcd, by its name, and the recipe", names: ["Election"] },
  {
    why: "what etcd in memory does with what a client asks for by that name",
    names: ["compare.ts", "range.ts", "snapshot.ts", "txn-check.ts", "txn.ts"],
  },
  { why: "the members of v2's API, and those of etcd in memory", names: ["members.ts"] },
  {
    why: "the same of the v2 API as of v3",
    names: [
      "CallOptions",
      "DeleteOptions",
      "GetOptions",
      "Hold",
      "PutOptions",
      "WaitOptions",
      "WaitQueue",
      "Waiter",
      "checkOptions",
      "checkTimeout",
      "clientKinds",
      "createAuth",
      "createReads",
      "createWrites",
      "discover",
      "mayRetry",
      "operation",
      "ownOptions",
      "trackWrites",
      "auth.ts",
      "client-options.ts",
      "client.ts",
      "cluster-guard.ts",
      "discover-members.ts",
      "discover.ts",
      "election.ts",
      "hold.ts",
      "operation.ts",
      "reads.ts",
      "retry-policy.ts",
      "retry.ts",
      "track-writes.ts",
      "wait-queue.ts",
      "watch.ts",
      "writes.ts",
    ],
  },
];

/** The name of a module's file, and the names that it declares and exports; not those that it passes on. */
function namesOf(path: string, text: string): string[] {
  const declared = parseSync(path, text).program.body.flatMap((statement) => {
    if (statement.type !== "ExportNamedDeclaration" || !isNode(statement.declaration)) return [];
    const { declarations = [statement.declaration] } = { ...statement.declaration };
    return (Array.isArray(declarations) ? declarations : []).map((each: unknown) => nameOf(each));
  });
  return [basename(path).replace(/\.tsx?$/, ".ts"), ...new Set(declared)];
}

function nameOf(declaration: unknown): string {
  const id = isNode(declaration) ? declaration["id"] : undefined;
  return isNode(id) ? String(id["name"]) : "";
}

/** The paths of each name that has several. */
function repeated(sources: readonly (readonly [path: string, text: string])[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const [path, text] of sources) {
    for (const name of namesOf(path, text)) paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  return new Map([...paths].filter(([, where]) => where.length > 1));
}

function sourcesIn(folder: string): (readonly [path: string, text: string])[] {
  return readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith("src/gen/"))
    .map((path) => [path, readText(path)]);
}

describe("names of exports and files", () => {
  it("stand for one thing each in src, cli and ui", () => {
    const sources = ["src", "cli", "ui/src"].flatMap(sourcesIn);
    expect(sources.length).toBeGreaterThan(400);
    const found = repeated(sources);
    const known = allowed.flatMap(({ names }) => names);
    expect([...found].filter(([name]) => !known.includes(name))).toEqual([]);
    expect(known.filter((name) => !found.has(name))).toEqual([]);
  });

  it.each([
    ["export function a() {}", "export const b = 1, a = 2;", ["a"]],
    ["export type A = 1;", "export interface A {}", ["A"]],
    ["export class A {}", 'export { A } from "./a.ts";', []],
    ["function a() {}", "export async function a() {}", []],
    ["export function a(): void; export function a() {}", "", []],
  ])("are found: %s %s", (one, other, names) => {
    const sources: [string, string][] = [
      ["src/a.ts", one],
      ["ui/src/b.tsx", other],
    ];
    expect([...repeated(sources).keys()]).toEqual(names);
  });

  it("are found where files have the same name in two folders", () => {
    const sources: [string, string][] = [
      ["src/a.ts", ""],
      ["ui/src/a.tsx", ""],
    ];
    expect([...repeated(sources).keys()]).toEqual(["a.ts"]);
  });
});
