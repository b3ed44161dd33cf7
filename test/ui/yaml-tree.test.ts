import { yamlLanguage } from "@codemirror/lang-yaml";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readYamlTransfer, yamlOf } from "../../ui/src/keys/transfer.ts";
import type { YamlNode } from "../../ui/src/keys/yaml-tree.ts";

const utf8 = new TextEncoder();
const parse = (text: string): YamlNode => yamlLanguage.parser.parse(text).topNode;
const read = (text: string): Record<string, string> =>
  Object.fromEntries(
    readYamlTransfer(text, parse).map(({ id, value }) => [
      Buffer.from(id, "latin1").toString(),
      String(Buffer.from(value)),
    ]),
  );

describe("keys as YAML", () => {
  it("are the same keys again, whatever is in them", () => {
    const line = fc.stringMatching(/^[ -~\t]{0,8}$/);
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.array(line).map((lines) => lines.join("\n")),
    );
    const key = fc
      .array(fc.constantFrom("a", "b", "", "c: d", "- e", "#", "'", '"'), { minLength: 1 })
      .map((names) => names.join("/"));
    const entries = fc.dictionary(
      key.filter((name) => name !== ""),
      text,
      { maxKeys: 5, noNullPrototype: true },
    );
    fc.assert(
      fc.property(entries, (given) => {
        const list = Object.entries(given).map(([name, value]) => ({
          keyBytes: utf8.encode(name),
          value: utf8.encode(value),
        }));
        expect(read(yamlOf(list))).toEqual(given);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it("are read as people write them: text of several lines, comments, lists and numbers as JSON", () => {
    const text = `# of the app
app/:
  config/:
    greeting: Hello   # to everybody
    port: 5432
    'it''s': "a\\tb"
    nothing:
    logging: |
      level: info
        indented: yes

    list: [1, 2.50, "a", { b: null, c: ~ }]
    hosts:
      - db-1
      - port: 1
        up: true
`;
    expect(read(text)).toEqual({
      "app/config/greeting": "Hello",
      "app/config/port": "5432",
      "app/config/it's": "a\tb",
      "app/config/nothing": "",
      "app/config/logging": "level: info\n  indented: yes\n",
      "app/config/list": '[1,2.50,"a",{"b":null,"c":null}]',
      "app/config/hosts": '["db-1",{"port":1,"up":true}]',
    });
    expect(read("")).toEqual({});
  });

  it.each([
    ["a: &x 1", /Line 1/],
    ["a: 1\nb: *x", /Line 2/],
    ["a: !!str 1", /Line 1/],
    ["a: 1\na: 2", /Line 2: a is there twice/],
    ["a: >\n  folded\n  text\n", /Line 1: text of several lines/],
    ["a: one\n  two", /Line 1: text of several lines/],
    ["a: 1\n---\nb: 2", /one document/],
    ["- a\n- b", /expected names and values/],
    ["a: [1, 0x10]", /put 0x10 in quotes/],
    ["a: [1, ", /Line 1/],
    ['a: "\\q"', /escape/],
    ["just text", /expected names and values/],
  ])("are refused rather than guessed at: %j", (text, why) => {
    expect(() => read(text)).toThrow(why);
  });
});
