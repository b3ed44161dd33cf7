import { parseSync } from "vite";
import { isNode, type Node } from "./source-modules.ts";

const collections: ReadonlySet<unknown> = new Set(["Map", "Set", "WeakMap", "WeakSet", "WeakRef"]);

/** Names of variables of a module that can change: state that its functions share without saying so. */
export function changingVariables(path: string, text: string): string[] {
  return nodesIn(parseSync(path, text).program.body)
    .map((statement) => (isNode(statement["declaration"]) ? statement["declaration"] : statement))
    .filter(({ type }) => type === "VariableDeclaration")
    .flatMap((statement) =>
      nodesIn(statement["declarations"])
        .filter(({ id, init }) => statement["kind"] !== "const" || (isCollection(init) && !isReadonly(id)))
        .map(({ id }) => nameOf(id)),
    );
}

function isCollection(init: unknown): boolean {
  return isNode(init) && init.type === "NewExpression" && collections.has(nameOf(init["callee"]));
}

/** Declared as one that nobody adds to. */
function isReadonly(id: unknown): boolean {
  if (!isNode(id) || !isNode(id["typeAnnotation"])) return false;
  const type = id["typeAnnotation"]["typeAnnotation"];
  return isNode(type) && /^Readonly(Map|Set)$/.test(nameOf(type["typeName"]));
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node["name"] === "string" ? node["name"] : "";
}

function nodesIn(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}
