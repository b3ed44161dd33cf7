import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { parseSync } from "vite";

/** What one module of src says about others, read from its syntax tree: comments and texts do not count. */
export interface SourceModule {
  /** From the project's root, with forward slashes: "src/v3/client.ts". */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Names under which it exports, its own and passed on. */
  readonly exports: readonly string[];
  /** Names of a runtime, not of the web platform, that its code uses. */
  readonly runtimeNames: readonly string[];
}

/** An import, a re-export, a dynamic import or a type import; types count like values. */
export interface Import {
  readonly specifier: string;
  /** The module of this project it leads to, by path; undefined for a package. */
  readonly target: string | undefined;
  /** As the other module calls them; "*" for all of it. */
  readonly names: readonly string[];
}

const runtimeNames = new Set(["Buffer", "process", "require", "Deno", "Bun", "__dirname", "__filename"]);
// How runtimes are told apart; `navigator.onLine` says something about the network instead.
const telltales = new Set(["userAgent", "userAgentData"]);
const globalObjects = new Set(["globalThis", "self", "window", "global"]);
const ownKeys = new Set(["PropertyDefinition", "MethodDefinition", "TSPropertySignature", "TSMethodSignature"]);

/** Every module below a folder of `root`. */
export function readSourceModules(root: string, folder = "src"): SourceModule[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => parseModule(relative(root, file).split(sep).join("/"), readFileSync(file, "utf8")))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Throws an Error if the text is not TypeScript. */
export function parseModule(path: string, text: string): SourceModule {
  const { program, errors, comments } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`);
  const imports: Import[] = [];
  const exports: string[] = [];
  const used = new Set<string>();
  const addImport = (specifier: string, names: readonly string[]): void => {
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
    imports.push({ specifier, target, names });
  };
  for (const { node, parent, key } of walk(program)) {
    const source = isNode(node["source"]) ? node["source"]["value"] : undefined;
    const specifiers = Array.isArray(node["specifiers"]) ? node["specifiers"].filter(isNode) : [];
    if (typeof source === "string") {
      const names = specifiers.map((each) => nameOf(each[node.type === "ImportDeclaration" ? "imported" : "local"]));
      addImport(source, node.type === "ImportDeclaration" || node.type === "ExportNamedDeclaration" ? names : ["*"]);
    } else if (node.type === "ImportExpression") {
      // An import of a computed name could lead anywhere.
      addImport("(computed)", ["*"]);
    }
    if (node.type === "ExportDefaultDeclaration") exports.push("default");
    if (node.type === "ExportNamedDeclaration") {
      exports.push(...specifiers.map((each) => nameOf(each["exported"])), ...declaredNames(node["declaration"]));
    }
    if (node.type !== "Identifier" || typeof node["name"] !== "string") continue;
    if (telltales.has(node["name"])) used.add(node["name"]);
    if (runtimeNames.has(node["name"])) {
      const property = parent.type === "MemberExpression" && key === "property" && parent["computed"] !== true;
      const ofGlobal = property && isNode(parent["object"]) && globalObjects.has(nameOf(parent["object"]));
      const ownKey = key === "key" && ownKeys.has(parent.type);
      if (ofGlobal || (!property && !ownKey)) used.add(node["name"]);
    }
  }
  // A reference to a library of the language itself is fine: it makes up for an older `lib` of the user.
  if (comments.some(({ value }) => /^\/\s*<reference\s+(?!lib=)/.test(value))) used.add("/// <reference>");
  return { path, imports, exports, runtimeNames: [...used] };
}

export interface Node extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** All nodes below `root`, with the node and the key that each is at. */
export function* walk(root: object): Generator<{ node: Node; parent: Node; key: string }> {
  if (!isNode(root)) return;
  const waiting: Node[] = [root];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const [key, child] of Object.entries(parent)) {
      for (const node of (Array.isArray(child) ? child : [child]).filter(isNode)) {
        yield { node, parent, key };
        waiting.push(node);
      }
    }
  }
}

function nameOf(value: unknown): string {
  if (!isNode(value)) return "*";
  const name = value["name"] ?? value["value"];
  return typeof name === "string" ? name : "*";
}

function declaredNames(declaration: unknown): string[] {
  if (!isNode(declaration)) return [];
  if (declaration.type !== "VariableDeclaration") return [nameOf(declaration["id"])];
  const declarators: unknown = declaration["declarations"];
  return Array.isArray(declarators) ? declarators.filter(isNode).map((each) => nameOf(each["id"])) : [];
}
