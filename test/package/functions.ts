import { parseSync } from "vite";
import { isNode, type Node, walk } from "./source-modules.ts";

/** A function, or the type of one, as its calls see it. */
export interface FunctionShape {
  /** "src/v3/client.ts:12" */
  readonly where: string;
  readonly name: string;
  readonly parameters: number;
  /** Whether one of its parameters is a boolean. */
  readonly takesBoolean: boolean;
}

/** A call with a bare `true` or `false` among its arguments. */
export interface BareCall {
  readonly where: string;
  readonly name: string;
  readonly text: string;
}

export interface SourceShape {
  readonly functions: readonly FunctionShape[];
  readonly bareCalls: readonly BareCall[];
}

const functionTypes = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "TSFunctionType",
  "TSMethodSignature",
  "TSDeclareFunction",
]);

/** What the functions and calls of a source look like. */
export function shapeOf(path: string, text: string): SourceShape {
  const functions: FunctionShape[] = [];
  /** The class that a constructor makes objects of. */
  const classes = new Map<Node, string>();
  const bareCalls: BareCall[] = [];
  const at = (node: Node): string => `${path}:${text.slice(0, Number(node["start"])).split("\n").length}`;
  const parents = new Map<Node, Node>();
  for (const { node, parent } of walk(parseSync(path, text).program)) {
    parents.set(node, parent);
    if (node.type === "ClassBody") {
      for (const method of nodesIn(node["body"]))
        if (method["kind"] === "constructor" && isNode(method["value"]))
          classes.set(method["value"], nameOf(parent["id"]) ?? "");
    }
    if (functionTypes.has(node.type) && !isAction(parent)) {
      const parameters = nodesIn(node["params"] ?? node["parameters"]);
      functions.push({
        where: at(node),
        name:
          classes.get(node) ??
          nameOf(node["id"]) ??
          nameOf(node["key"]) ??
          ownerOf(parent.type === "TSTypeAnnotation" ? (parents.get(parent) ?? parent) : parent),
        parameters: parameters.length,
        takesBoolean: parameters.some(isBoolean),
      });
    }
    if (node.type !== "CallExpression" && node.type !== "NewExpression") continue;
    if (!nodesIn(node["arguments"]).some((each) => each.type === "Literal" && typeof each["value"] === "boolean"))
      continue;
    const callee = isNode(node["callee"]) ? node["callee"] : undefined;
    const name = nameOf(callee) ?? nameOf(callee?.["property"]) ?? "";
    bareCalls.push({ where: at(node), name, text: text.slice(Number(node["start"]), Number(node["end"])) });
  }
  return { functions, bareCalls };
}

/** commander gives a command's action its arguments one by one. */
function isAction(parent: Node): boolean {
  return (
    parent.type === "CallExpression" && isNode(parent["callee"]) && nameOf(parent["callee"]["property"]) === "action"
  );
}

/** What a function is called that has no name itself. */
function ownerOf(parent: Node): string {
  const owner = nameOf(parent["key"]) ?? nameOf(parent["id"]) ?? nameOf(parent["left"]) ?? nameOf(parent);
  return owner ?? "(no name)";
}

function isBoolean(parameter: Node): boolean {
  const target = parameter.type === "AssignmentPattern" ? parameter["left"] : parameter;
  const fallback = parameter.type === "AssignmentPattern" ? parameter["right"] : undefined;
  if (isNode(fallback) && fallback.type === "Literal" && typeof fallback["value"] === "boolean") return true;
  const annotation = isNode(target) ? target["typeAnnotation"] : undefined;
  return isNode(annotation) && isBooleanType(annotation["typeAnnotation"]);
}

function isBooleanType(type: unknown): boolean {
  if (!isNode(type)) return false;
  return (
    type.type === "TSBooleanKeyword" || (type.type === "TSUnionType" && nodesIn(type["types"]).some(isBooleanType))
  );
}

function nodesIn(list: unknown): Node[] {
  return Array.isArray(list) ? list.filter(isNode) : [];
}

function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return typeof node === "string" ? node : undefined;
  return typeof node["name"] === "string" ? node["name"] : undefined;
}
