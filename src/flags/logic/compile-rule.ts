import type { Json } from "../flag-format.ts";
import { at, fault, type FlagPath, quotedName } from "../flag-fault.ts";
import { operators } from "./operators.ts";
import { type CompiledRule, type RuleNode, type RuleScope, spend } from "./rule.ts";

/** Beyond these a rule is refused, shared rules counted wherever they are used: what is evaluated recurses, too. */
export const maxRuleDepth = 200;
const maxSize = 250_000;

/** Makes functions of rules, of the shared ones once. */
export interface RuleCompiler {
  /** Throws a `FlagFault` that says what is wrong, and where. */
  compile(rule: Json, path: FlagPath): CompiledRule;
}

/** `evaluators`: shared rules, which `{ "$ref": "name" }` stands for. */
export function createRuleCompiler(evaluators: Readonly<Record<string, Json>>): RuleCompiler {
  const shared = new Map<string, RuleNode>();
  const open = new Set<string>();

  function refer(name: Json | undefined, path: FlagPath, level: number): RuleNode {
    if (typeof name !== "string") throw fault(path, "expected the name of a shared rule");
    const known = shared.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(evaluators, name)) throw fault(path, `there is no rule ${quotedName(name)} in $evaluators`);
    if (open.has(name)) throw fault(path, `the shared rule ${quotedName(name)} refers to itself`);
    open.add(name);
    try {
      const node = compile(evaluators[name] ?? null, at(name, at("$evaluators")), level);
      shared.set(name, node);
      return node;
    } finally {
      open.delete(name);
    }
  }

  function compile(json: Json, path: FlagPath, level: number): RuleNode {
    if (level > maxRuleDepth) throw fault(path, `nested deeper than ${maxRuleDepth} levels`);
    if (typeof json !== "object" || json === null) return constant(json, []);
    if (isJsonList(json)) {
      const items = json.map((item, i) => compile(item, at(i, path), level + 1));
      if (items.every((item) => item.constant)) return constant(json, items);
      return bounded(items, path, (scope) => items.map((item) => item.evaluate(scope)));
    }
    const [name, ...others] = Object.keys(json);
    if (name === undefined) return constant(json, []);
    if (others.length > 0) {
      throw fault(
        path,
        `expected one operator, got ${others.length + 1} members, of which ${quotedName(name)} is the first`,
      );
    }
    const given = json[name] ?? null;
    const inside = at(name, path);
    if (name === "$ref") {
      const node = refer(given, inside, level + 1);
      return bounded([node], inside, node.evaluate);
    }
    const operator = operators.get(name);
    if (operator === undefined) throw fault(path, `there is no operator ${quotedName(name)}`);
    const bare = !isJsonList(given);
    const args = bare
      ? [compile(given, inside, level + 1)]
      : given.map((arg, i) => compile(arg, at(i, inside), level + 2));
    const rule = operator(args, bare);
    return bounded(args, inside, (scope) => {
      spend(scope, 1);
      return rule(scope);
    });
  }

  return { compile: (rule, path) => compile(rule, path, 0).evaluate };
}

function constant(value: Json, parts: readonly RuleNode[]): RuleNode {
  return { ...measured(parts), evaluate: () => value, constant: true };
}

function bounded(parts: readonly RuleNode[], path: FlagPath, evaluate: (scope: RuleScope) => unknown): RuleNode {
  const measures = measured(parts);
  if (measures.depth > maxRuleDepth)
    throw fault(path, `nested deeper than ${maxRuleDepth} levels, with its shared rules`);
  if (measures.size > maxSize) throw fault(path, `made of more than ${maxSize} parts, with its shared rules`);
  return { ...measures, evaluate, constant: false };
}

function measured(parts: readonly RuleNode[]): { size: number; depth: number } {
  let [size, depth] = [1, 0];
  for (const part of parts) {
    size += part.size;
    depth = Math.max(depth, part.depth);
  }
  return { size, depth: depth + 1 };
}

export function isJsonList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}
