// A tree of keys as YAML: a mapping for each folder, as in the JSON tree. It writes YAML that every parser reads the same way.
// It reads the part of YAML that people write by hand, and refuses the rest rather than guess.

/** A node of the syntax tree of the editor's parser. */
export interface YamlNode {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly firstChild: YamlNode | null;
  readonly nextSibling: YamlNode | null;
}

/** A folder is a map, a value is a string. */
export type YamlTree = ReadonlyMap<string, YamlTree | string>;

export function writeYaml(tree: YamlTree, indent = ""): string {
  return [...tree]
    .map(([name, value]) => {
      const key = `${indent}${quoted(name)}:`;
      if (typeof value !== "string")
        return value.size === 0 ? `${key} {}\n` : `${key}\n${writeYaml(value, `${indent}  `)}`;
      return `${key} ${scalar(value, `${indent}  `)}\n`;
    })
    .join("");
}

/** Text of several lines as it is, where nothing in it would be read differently; else in double quotes. */
function scalar(text: string, indent: string): string {
  const plain = /^[^\s][^]*[^\n]\n?$/.test(text) && !/[^\n\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe]/.test(text);
  if (!text.includes("\n") || !plain || /[ \t]$/m.test(text)) return quoted(text);
  const [chomp, body] = text.endsWith("\n") ? ["", text.slice(0, -1)] : ["-", text];
  return `|${chomp}\n${body.replaceAll(/^(?=.)/gm, indent)}`;
}

/** Quotes a text as JSON does, and also escapes the characters that only YAML requires. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Converts YAML to a tree; `root` is the syntax tree of the text. Names that end with a slash are folders. Below any other
 * name is a value: a text, or lists and mappings as JSON. Throws an `Error` that names the line.
 */
export function readYaml(text: string, root: YamlNode): YamlTree {
  const sourceOf = ({ from, to }: YamlNode): string => text.slice(from, to);
  const fail = (node: YamlNode, what: string): never => {
    const blanks = /^\s*/.exec(sourceOf(node))?.[0].length ?? 0;
    throw new Error(`Line ${text.slice(0, node.from + blanks).split("\n").length}: ${what}.`);
  };
  const partsOf = (node: YamlNode): YamlNode[] => {
    const parts: YamlNode[] = [];
    for (let part = node.firstChild; part !== null; part = part.nextSibling) {
      if (part.name !== "Comment") parts.push(part);
    }
    return parts;
  };

  function pairsOf(mapping: YamlNode): [name: string, value: YamlNode | undefined, pair: YamlNode][] {
    const names = new Set<string>();
    const pairs = partsOf(mapping).filter(({ name }) => !"{},".includes(name));
    return pairs.map((pair) => {
      const [key, colon, value, ...more] = partsOf(pair);
      const [name] = key?.name === "Key" ? partsOf(key) : [];
      if (name === undefined || colon?.name !== ":" || more.length > 0)
        return fail(pair, "expected a name and a value");
      const named = textOf(name);
      if (names.has(named)) return fail(pair, `${named} is there twice`);
      names.add(named);
      return [named, value, pair];
    });
  }

  function textOf(node: YamlNode, pair = node): string {
    const source = sourceOf(node);
    if (node.name === "BlockLiteral") return blockOf(node, pair);
    if (node.name !== "Literal" && node.name !== "QuotedLiteral") return fail(node, `cannot read ${node.name}`);
    if (source.includes("\n")) return fail(node, "text of several lines is written with |");
    if (source.startsWith("'")) return source.slice(1, -1).replaceAll("''", "'");
    return source.startsWith('"') ? unescaped(source.slice(1, -1), node) : source;
  }

  function unescaped(inside: string, node: YamlNode): string {
    return inside.replaceAll(/\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([^]))/gi, (_, ...found: unknown[]) => {
      const [x, u, long, letter] = found;
      const hex: unknown = x ?? u ?? long;
      if (typeof hex === "string") return String.fromCodePoint(Number.parseInt(hex, 16));
      return escapes[String(letter)] ?? fail(node, `an escape that is not known: \\${String(letter)}`);
    });
  }

  function blockOf(node: YamlNode, pair: YamlNode): string {
    const [header, content] = partsOf(node);
    const [, given, chomp = ""] = /^\|([1-9]?)([-+]?)\s*$/.exec(header === undefined ? "" : sourceOf(header)) ?? [];
    if (given === undefined) return fail(node, "text of several lines is written with |");
    const lines = (content === undefined ? "" : sourceOf(content)).split("\n");
    const first = /^ */.exec(lines.find((line) => line.trim() !== "") ?? "")?.[0].length ?? 0;
    const column = pair.from - (text.lastIndexOf("\n", pair.from - 1) + 1);
    const indent = given === "" ? first : column + Number(given);
    const body = lines.map((line) => line.slice(indent)).join("\n");
    const bare = body.replace(/\n+$/, "");
    return chomp === "-" || bare === "" ? bare : chomp === "+" ? fail(node, "cannot read |+") : `${bare}\n`;
  }

  /** The node as JSON. */
  function jsonOf(node: YamlNode | undefined, pair: YamlNode): string {
    if (node === undefined) return "null";
    if (node.name.endsWith("Sequence")) {
      const items = partsOf(node).filter(({ name }) => name === "Item");
      return `[${items.map((item) => jsonOf(partsOf(item)[0], item)).join(",")}]`;
    }
    if (node.name.endsWith("Mapping")) {
      const members = pairsOf(node).map(([name, value, inner]) => `${JSON.stringify(name)}:${jsonOf(value, inner)}`);
      return `{${members.join(",")}}`;
    }
    const value = textOf(node, pair);
    if (node.name !== "Literal") return JSON.stringify(value);
    if (/^(?:null|~|)$/i.test(value)) return "null";
    if (/^(?:true|false)$/i.test(value)) return value.toLowerCase();
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(value)) return value;
    if (/^[-+.]?\.?\d|^[-+]?\.(?:inf|nan)$/i.test(value))
      return fail(node, `put ${value} in quotes, or write it as JSON does`);
    return JSON.stringify(value);
  }

  function folderOf(mapping: YamlNode): YamlTree {
    return new Map(
      pairsOf(mapping).map(([name, value, pair]): [string, YamlTree | string] => {
        if (value === undefined) return [name, ""];
        if (name.endsWith("/") && value.name.endsWith("Mapping")) return [name, folderOf(value)];
        return [name, /Mapping|Sequence/.test(value.name) ? jsonOf(value, pair) : textOf(value, pair)];
      }),
    );
  }

  const left = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.name === "⚠") return fail(node, "this is not YAML");
    left.push(...partsOf(node));
  }
  const [document, ...others] = partsOf(root);
  if (document === undefined) return new Map();
  const [mapping, ...more] = partsOf(document).filter(({ name }) => name !== "DirectiveEnd");
  if (others.length > 0 || more.length > 0) return fail(others[0] ?? more[0] ?? root, "expected one document");
  if (mapping === undefined || !mapping.name.endsWith("Mapping")) return fail(document, "expected names and values");
  return folderOf(mapping);
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};
