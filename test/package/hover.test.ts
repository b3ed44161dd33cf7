import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { entries, readText, root } from "./project.ts";

// What an editor shows for a name is its doc comment in the declarations. These read the files of the entries and those
// that they share, in which each declaration begins at the start of a line, its members are indented by four spaces, and
// those of an object in it by eight.

interface Name {
  /** As `Etcd.watch`. */
  readonly path: string;
  readonly exported: boolean;
  readonly isFunction: boolean;
  /** A field that may be left out. */
  readonly isOption: boolean;
  /** What is behind the name. */
  readonly type: string;
  /** What the comment says, without its stars. */
  readonly comment: string;
}

const declaration = /^(?:declare )?(?:abstract )?(interface|class|type|const|function) ([\w$]+)/;
const member = /^(?: {4}| {8})(?:static |readonly |get )*(\w+|\[Symbol\.\w+\])(?=[<(?:;])/;
/** A field that only forbids one, and what users do not call. */
const silent = /\?: (?:never|undefined);$|^ +(?:private |constructor\()/;
const option = /^ +readonly \w+\?: /;
/** Fields of what a method answers: its own comment says what they are. */
const result = /^ {8}(?:readonly )?\w+\??: /;

/** The names that a file of declarations has, with the comment before each. Overloads are names of their own. */
function namesOf(text: string): readonly Name[] {
  const names: Name[] = [];
  const exports = new Set(
    [...text.matchAll(/^export (?:type )?\{ (.*) \};$/gm)].flatMap(([, list = ""]) => list.split(", ")),
  );
  let owner = { path: "", exported: false, isFunction: false };
  let comment = "";
  let isOpen = false;
  for (const line of text.split(/\r?\n/)) {
    if (isOpen || /^\s*\/\*\*/.test(line)) {
      comment += `${line.replace(/^\s*(?:\/\*\*|\*\/|\*)?/, "").replace(/\*\/$/, "")}\n`;
      isOpen = !line.endsWith("*/");
      continue;
    }
    const [, kind, name] = declaration.exec(line) ?? [];
    const [, field] = member.exec(line) ?? [];
    if (name !== undefined) {
      owner = { path: name.replace(/\$\d$/, ""), exported: exports.has(name), isFunction: kind === "function" };
      names.push({ ...owner, isOption: false, type: "", comment });
    } else if (field !== undefined && !owner.isFunction && !silent.test(line) && !result.test(line)) {
      const type = line.replace(/^[^:]*: /, "");
      names.push({ ...owner, path: `${owner.path}.${field}`, isOption: option.test(line), type, comment });
    }
    comment = "";
  }
  return names;
}

const says = (comment: string): boolean => /[A-Za-z]{2}/.test(comment);
// The messages of `fetcd/proto` are generated: etcd's documentation of its protocol describes them.
const written = entries.filter(({ subpath }) => subpath !== "./proto");
const shared = readdirSync(`${root}/dist/types`).map((file) => `types/${file}`);
const texts = new Map(
  [...written.map(({ name }) => `${name}.d.ts`), ...shared].map((file) => [file, readText(`dist/${file}`)]),
);
const all = new Map([...texts].map(([file, text]) => [file, namesOf(text)]));

describe("what an editor shows", () => {
  it.each([...all.keys()])("has text for each name and member of %s", (file) => {
    const names = all.get(file) ?? [];
    // The error classes of v2 have the comment of their base class's `name`; a const, that of the type of its name.
    const inherited = new Set(["Code"]);
    const isInherited = ({ path }: Name): boolean => inherited.has(path) || /^[A-Z]\w*\.name$/.test(path);
    const missing = names.filter((name) => !says(name.comment) && !isInherited(name)).map(({ path }) => path);
    expect(names.length).toBeGreaterThan(0);
    expect(texts.get(file)).not.toMatch(/^ +(?:export )?declare .*/m);
    expect(missing).toEqual([]);
  });

  it.each([...all.keys()])("has an example for each function of %s", (file) => {
    const functions = (all.get(file) ?? []).filter(({ exported, isFunction }) => exported && isFunction);
    expect(functions.filter(({ comment }) => !comment.includes("@example")).map(({ path }) => path)).toEqual([]);
  });

  it.each([...all.keys()])("tells defaults of %s by @default, as tools read them", (file) => {
    const options = (all.get(file) ?? []).filter(({ isOption }) => isOption);
    expect(options.filter(({ comment }) => /\bDefault\b/.test(comment)).map(({ path }) => path)).toEqual([]);
  });

  it.each([...all.keys()])("tells the default of each option of %s that is true or false", (file) => {
    const flags = (all.get(file) ?? []).filter(
      ({ isOption, type }) => isOption && /^boolean(?: \| undefined)?;$/.test(type),
    );
    // What an answer may lack, and a condition that is not there unless it is asked for.
    const silent = new Set(["Comparison.prevExist", "SetOptions.prevExist"]);
    const missing = flags.filter(({ path, comment }) => !comment.includes("@default") && !silent.has(path));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it.each(["EtcdReason", "ClientReason"])("says what each name of %s means", (type) => {
    const comment = [...all.values()].flat().find(({ path }) => path === type)?.comment ?? "";
    const [, union = ""] = new RegExp(`^type ${type} = (.+);`, "m").exec([...texts.values()].join("\n")) ?? [];
    const reasons = [...union.matchAll(/"(\w+)"/g)].map(([, reason]) => reason);
    expect(reasons.length).toBeGreaterThan(20);
    expect(reasons.filter((reason) => !comment.includes(`- \`${reason}\`: `))).toEqual([]);
  });
});

describe("the reader of declarations", () => {
  it("tells names with a comment from those without", () => {
    const names = namesOf(`/** Has text. */
interface A {
    b(): void;
    /**
     * Of c.
     */
    readonly c?: string;
    readonly d?: never;
}

declare function f(): void;

export { f };
export type { A };
`);
    expect(names.map(({ path, comment }) => [path, says(comment)])).toEqual([
      ["A", true],
      ["A.b", false],
      ["A.c", true],
      ["f", false],
    ]);
    expect(names.every(({ exported }) => exported)).toBe(true);
  });
});
