import { at } from "../../../src/flags/flag-fault.ts";
import type { Json } from "../../../src/flags/flag-format.ts";
import { createRuleCompiler } from "../../../src/flags/logic/compile-rule.ts";
import { maxSteps } from "../../../src/flags/logic/rule.ts";

/** What a rule gives in the flag `f`. */
export function evaluate(rule: Json, data: unknown = {}, evaluators: Readonly<Record<string, Json>> = {}): unknown {
  const compiled = createRuleCompiler(evaluators).compile(rule, at("targeting"));
  return compiled({ data, flagd: { flagKey: "f", timestamp: 1_700_000_000 }, run: { left: maxSteps } });
}
