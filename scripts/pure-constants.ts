import { parseSync, type Plugin } from "vite";
import { isNode, type Node } from "../test/package/source-modules.ts";

/**
 * Makes a constant of a chunk that is computed at import one that bundlers drop where nobody uses it. They drop whole files
 * of a package without side effects, but of a file in use they keep every statement that might do something: a call, or
 * the reading of a property. They take a call that is marked as pure at its word, and inline it.
 */
export function pureConstants(): Plugin {
  return {
    name: "pure-constants",
    // Nobody bundles the program.
    renderChunk: (code, { fileName }) => (fileName.startsWith("cli/") ? null : markPureConstants(code, fileName)),
  };
}

const open = "/* @__PURE__ */ (() => (";
const close = "))()";

export function markPureConstants(code: string, fileName: string): string {
  const edits: { readonly at: number; readonly text: string }[] = [];
  for (const statement of list(parseSync(fileName, code).program.body)) {
    if (statement.type === "ClassDeclaration" && runsCode(statement)) {
      edits.push({ at: positionOf(statement, "start"), text: `var ${className(statement)} = ${open}` });
      edits.push({ at: positionOf(statement, "end"), text: `${close};` });
    }
    if (statement.type !== "VariableDeclaration") continue;
    for (const { id, init } of list(statement["declarations"])) {
      if (!isNode(id) || id.type !== "Identifier" || !isNode(init) || isPlain(init)) continue;
      edits.push({ at: positionOf(init, "start"), text: open });
      edits.push({ at: positionOf(init, "end"), text: close });
    }
  }
  return edits.reduceRight((text, edit) => text.slice(0, edit.at) + edit.text + text.slice(edit.at), code);
}

/** Whether a class has static blocks or fields. */
function runsCode(statement: Node): boolean {
  const body = isNode(statement["body"]) ? list(statement["body"]["body"]) : [];
  return body.some(
    ({ type, static: isStatic }) => type === "StaticBlock" || (type === "PropertyDefinition" && isStatic),
  );
}

function className({ id }: Node): string {
  return isNode(id) ? String(id["name"]) : "";
}

/** Whether bundlers see by themselves that it can be dropped. */
function isPlain(node: Node): boolean {
  switch (node.type) {
    case "Literal":
    case "Identifier":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return true;
    case "TemplateLiteral":
      return list(node["expressions"]).length === 0;
    case "ArrayExpression":
      return list(node["elements"]).every(isPlain);
    case "ObjectExpression":
      return list(node["properties"]).every(
        ({ type, computed, value }) => type === "Property" && computed === false && isNode(value) && isPlain(value),
      );
    default:
      return false;
  }
}

function list(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function positionOf(node: Node, side: "start" | "end"): number {
  return Number(node[side]);
}
