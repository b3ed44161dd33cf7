import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shapeOf, type SourceShape } from "./functions.ts";
import { readText, root } from "./project.ts";

const most = 4;

/** Connect says what the functions of a transport are given. */
const ofConnect = new Set(["unary", "stream"]);

function shapes(folders: readonly string[]): SourceShape[] {
  return folders
    .flatMap((folder) =>
      readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
    )
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith("src/gen/"))
    .map((path) => shapeOf(path, readText(path)));
}

/** Functions that a reader of a call could not follow. */
function faultsOf(sources: readonly SourceShape[]): string[] {
  const functions = sources.flatMap((source) => source.functions);
  const takeBooleans = new Set(functions.filter((each) => each.takesBoolean).map(({ name }) => name));
  return [
    ...functions
      .filter(({ name, parameters }) => parameters > most && !ofConnect.has(name))
      .map(({ where, name, parameters }) => `${where}: ${name} has ${parameters} parameters: make an object of some`),
    ...sources
      .flatMap((source) => source.bareCalls)
      .filter(({ name }) => takeBooleans.has(name))
      .map(({ where, text }) => `${where}: ${text}: what is true or false? Use an object, or another function`),
  ];
}

describe("functions", () => {
  it(`of src, cli and ui have ${most} parameters at most, and no call passes a bare true or false`, () => {
    const sources = shapes(["src", "cli", "ui/src"]);
    expect(sources.flatMap(({ functions }) => functions).length).toBeGreaterThan(3000);
    expect(faultsOf(sources)).toEqual([]);
  });

  it.each([
    ["const f = (a, b, c, d, e) => 1;", 1],
    ["interface A { f(a: A, b: A, c: A, d: A, e: A): void }", 1],
    ["class A { constructor(readonly a: number, whole: boolean) {} } new A(1, true);", 1],
    ["class A { #f(a: A, whole = false) { this.#f(a, true); } }", 1],
    ["interface A { f: (a: number, whole: boolean | undefined) => void } a.f(1, false);", 1],
    ["function f(a: number, whole: boolean) {} f(1, isWhole);", 0],
    ["function f({ whole }: { whole: boolean }) {} f({ whole: true });", 0],
    ["program.action((a, b, c, d, e) => 1);", 0],
    ["function f(a: number) {} new DataView(b).setUint32(0, 1, true);", 0],
  ])("are judged: %s", (text, faults) => {
    expect(faultsOf([shapeOf("src/a.ts", text)])).toHaveLength(faults);
  });
});
