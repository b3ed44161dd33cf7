// Turns targeting rules, flagd's JSON Logic, into words.

type Json = unknown;

const comparisons: Readonly<Record<string, string>> = {
  "==": "is",
  "===": "is",
  "!=": "is not",
  "!==": "is not",
  ">": "is more than",
  ">=": "is at least",
  "<": "is less than",
  "<=": "is at most",
  in: "is one of",
  starts_with: "starts with",
  ends_with: "ends with",
  sem_ver: "as a version",
};

export interface RuleLine {
  /** `undefined` for the rule that applies to everybody else. */
  readonly when: string | undefined;
  readonly then: string;
}

/** The rules of a flag, of which the first that matches applies. Empty if there are none. */
export function rulesOf(targeting: Json): RuleLine[] {
  if (targeting === undefined || targeting === null || isEmpty(targeting)) return [];
  const steps = argumentsOf(targeting, "if");
  if (steps === undefined) return [{ when: undefined, then: wordsOf(targeting) }];
  const lines: RuleLine[] = [];
  for (let i = 0; i < steps.length; i += 2) {
    const last = i + 1 === steps.length;
    lines.push(
      last ? { when: undefined, then: wordsOf(steps[i]) } : { when: wordsOf(steps[i]), then: wordsOf(steps[i + 1]) },
    );
  }
  return lines;
}

/** One expression in words. */
export function wordsOf(rule: Json, depth = 0): string {
  if (depth > 12) return "…";
  const inner = (each: Json): string => wordsOf(each, depth + 1);
  if (Array.isArray(rule)) return rule.map(inner).join(", ");
  if (typeof rule !== "object" || rule === null) return typeof rule === "string" ? rule : JSON.stringify(rule);
  const [[name, given] = ["", undefined]] = Object.entries(rule);
  const args: readonly Json[] = Array.isArray(given) ? given : [given];
  if (name === "var") return inner(args[0] ?? "");
  if (name === "$ref") return `the shared rule ${inner(args[0] ?? "")}`;
  if (name === "and" || name === "or") return args.map(inner).join(` ${name} `);
  if (name === "!") return `not ${args.map(inner).join()}`;
  if (name === "fractional")
    return `by share: ${sharesOf(args)
      .map(({ variant, percent }) => `${variant} ${percent} %`)
      .join(", ")}`;
  if (name === "if")
    return rulesOf(rule)
      .map(({ when, then }) => (when === undefined ? then : `${then} if ${when}`))
      .join(", else ");
  const verb = comparisons[name];
  if (verb !== undefined) return `${inner(args[0])} ${verb} ${args.slice(1).map(inner).join(" ")}`;
  return `${name}(${args.map(inner).join(", ")})`;
}

export interface Share {
  readonly variant: string;
  readonly percent: number;
}

/** The shares of a `fractional` rule, in percent. */
export function sharesOf(args: readonly Json[]): Share[] {
  const pairs = args.filter(
    (each): each is readonly [string, number?] => Array.isArray(each) && typeof each[0] === "string",
  );
  const weights = pairs.map(([, weight = 1]) => weight);
  const sum = weights.reduce((all, each) => all + each, 0) || 1;
  return pairs.map(([variant], i) => ({ variant, percent: Math.round(((weights[i] ?? 0) / sum) * 1000) / 10 }));
}

/** The first `fractional` rule in a targeting, which sliders can move. */
export function findFractional(rule: Json): readonly Json[] | undefined {
  if (typeof rule !== "object" || rule === null) return undefined;
  const own = argumentsOf(rule, "fractional");
  if (own !== undefined && sharesOf(own).length > 1) return own;
  for (const each of Object.values(rule)) {
    const found = findFractional(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Replaces the shares of the first `fractional` rule. The weights add up to 1,000, since flagd wants whole numbers. */
export function withShares(rule: Json, percents: readonly number[]): Json {
  const target = findFractional(rule);
  const whole = percents.every(Number.isInteger);
  const change = (each: Json): Json => {
    if (each === target && Array.isArray(each)) {
      let at = 0;
      return each.map((part: Json) => {
        if (!Array.isArray(part) || typeof part[0] !== "string") return part;
        const percent = percents[at++] ?? 0;
        return [part[0], whole ? percent : Math.round(percent * 10)];
      });
    }
    if (Array.isArray(each)) return each.map(change);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([name, value]) => [name, change(value)]));
  };
  return change(rule);
}

/** Sets one share to `to` percent. The others keep their proportions, and the sum stays 100. */
export function movedShare(percents: readonly number[], at: number, to: number): number[] {
  const others = percents.reduce((sum, percent, i) => (i === at ? sum : sum + percent), 0);
  const rest = 100 - to;
  const moved = percents.map((percent, i) => {
    if (i === at) return to;
    return Math.round((others === 0 ? rest / (percents.length - 1) : (percent / others) * rest) * 10) / 10;
  });
  // The rounding error goes to the largest of the others, which it cannot make negative.
  const largest = moved.reduce(
    (best, percent, i) => (i !== at && percent > (moved[best] ?? -1) ? i : best),
    at === 0 ? 1 : 0,
  );
  const sum = moved.reduce((all, percent) => all + percent, 0);
  return moved.map((percent, i) => (i === largest ? Math.round((percent + 100 - sum) * 10) / 10 : percent));
}

function argumentsOf(rule: Json, name: string): readonly Json[] | undefined {
  if (typeof rule !== "object" || rule === null || !(name in rule)) return undefined;
  const args: unknown = Reflect.get(rule, name);
  return Array.isArray(args) ? args : undefined;
}

function isEmpty(rule: Json): boolean {
  return typeof rule === "object" && rule !== null && Object.keys(rule).length === 0;
}
