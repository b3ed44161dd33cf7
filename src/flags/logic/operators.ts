import { fractional } from "./fractional.ts";
import { isList, type Operator, type RuleScope, spend, argumentValue, valuesOf } from "./rule.ts";
import { compareVersions } from "./sem-ver.ts";
import {
  finite,
  isTruthy,
  jsonOf,
  looselyEqual,
  memberOf,
  numberOf,
  strictlyEqual,
  summandOf,
  partOfText,
} from "./values.ts";

/** Of these that get the values of all their arguments. */
function eager(apply: (values: readonly unknown[], scope: RuleScope) => unknown): Operator {
  return (args, bare) => (scope) => apply(valuesOf(args, bare, scope), scope);
}

/** Of these that look at two values, or at one. */
function pair(apply: (a: unknown, b: unknown) => unknown): Operator {
  return ([first, second]) =>
    (scope) =>
      apply(argumentValue(first, scope), argumentValue(second, scope));
}

const variable: Operator = ([name, fallback]) => {
  const known = name?.constant === true ? pathOf(name.evaluate(nowhere)) : undefined;
  return (scope) => {
    const value = read(scope, known ?? pathOf(argumentValue(name, scope)));
    return value === null ? argumentValue(fallback, scope) : value;
  };
};

/** Constants need no scope. */
const nowhere: RuleScope = { data: null, flagd: undefined, run: { left: Infinity } };

function pathOf(name: unknown): readonly string[] {
  if (typeof name === "number") return [String(name)];
  return typeof name === "string" && name !== "" ? name.split(".") : [];
}

function read({ data, flagd }: RuleScope, path: readonly string[]): unknown {
  if (path.length === 0) return flagd === undefined ? jsonOf(data) : { ...(data as object), $flagd: flagd };
  const flagdOnly = flagd !== undefined && path[0] === "$flagd";
  let value: unknown = flagdOnly ? flagd : data;
  for (let i = flagdOnly ? 1 : 0; i < path.length && value !== null; i++) value = memberOf(value, path[i] ?? "");
  return value;
}

const missing = eager((values, scope) => {
  const [first] = values;
  const names = isList(first) ? first : values;
  spend(scope, names.length);
  return names.filter((name) => read(scope, pathOf(name)) === null);
});

const missingSome = eager(([least, names], scope) => {
  if (!isList(names)) return [];
  spend(scope, names.length);
  const gone = names.filter((name) => read(scope, pathOf(name)) === null);
  return names.length - gone.length >= numberOf(least) ? [] : gone;
});

const choose: Operator = (args) => (scope) => {
  let i = 0;
  for (; i + 1 < args.length; i += 2) {
    if (isTruthy(argumentValue(args[i], scope))) return argumentValue(args[i + 1], scope);
  }
  return argumentValue(args[i], scope);
};

/** `and` and `or`: the first value that decides, or else the last. */
function firstThat(decides: (value: unknown) => boolean): Operator {
  return (args) => (scope) => {
    let value: unknown = null;
    for (const node of args) {
      value = node.evaluate(scope);
      if (decides(value)) break;
    }
    return value;
  };
}

/** Comparisons of two values, or of three in a row. */
function ordered(holds: (a: string | number, b: string | number) => boolean): Operator {
  const both = (a: unknown, b: unknown): boolean =>
    typeof a === "string" && typeof b === "string" ? holds(a, b) : holds(numberOf(a), numberOf(b));
  return ([first, second, third]) =>
    (scope) => {
      const middle = argumentValue(second, scope);
      return both(argumentValue(first, scope), middle) && (third === undefined || both(middle, third.evaluate(scope)));
    };
}

/** Arithmetic from left to right. */
function fold(apply: (a: number, b: number) => number, start?: number): Operator {
  return eager((values) => {
    const numbers = values.map(summandOf);
    const [first = NaN, ...rest] = start === undefined ? numbers : [start, ...numbers];
    return finite(rest.reduce(apply, first));
  });
}

const minus = eager((values) => {
  const [first = NaN, ...rest] = values.map(summandOf);
  return finite(rest.length === 0 ? -first : rest.reduce((a, b) => a - b, first));
});

/** `max` and `min`, of numbers alone. */
function extreme(pick: (...numbers: number[]) => number): Operator {
  return eager((values) => {
    const numbers = values.filter((value) => typeof value === "number");
    return numbers.length < values.length ? null : finite(numbers.reduce((a, b) => pick(a, b), numbers[0] ?? NaN));
  });
}

const contains: Operator = ([first, second]) => {
  const list = second?.constant === true ? second.evaluate(nowhere) : undefined;
  if (isList(list)) {
    // Lists of customers are long, and the same for every evaluation.
    const set = new Set(list);
    return (scope) => set.has(argumentValue(first, scope));
  }
  return (scope) => {
    const [value, whole] = [argumentValue(first, scope), argumentValue(second, scope)];
    if (isList(whole)) {
      spend(scope, whole.length);
      return whole.some((each) => strictlyEqual(jsonOf(each), value));
    }
    if (typeof whole !== "string" || (typeof value !== "string" && typeof value !== "number")) return false;
    spend(scope, whole.length / 64);
    return whole.includes(String(value));
  };
};

const concatenated = eager((values, scope) => {
  spend(scope, values.length);
  const text = values.map(partOfText).join("");
  spend(scope, text.length / 16);
  return text;
});

const substring = eager(([source, start, length = null]) => {
  if (typeof source !== "string" && typeof source !== "number") return null;
  // Characters, as flagd counts them, not halves of surrogate pairs.
  const text = String(source);
  const units = /[\ud800-\udfff]/.test(text) ? Array.from(text) : text;
  const from = Math.trunc(numberOf(start ?? null));
  if (Number.isNaN(from)) return null;
  const begin = from < 0 ? Math.max(units.length + from, 0) : from;
  const count = length === null ? units.length : Math.trunc(numberOf(length));
  const part = units.slice(begin, count < 0 ? Math.max(units.length + count, begin) : begin + count);
  return typeof part === "string" ? part : part.join("");
});

const merged = eager((values, scope) => {
  const list = values.flatMap((value) => value);
  spend(scope, list.length);
  return list;
});

/** Applies a rule to each element of a list, inside of which only that element can be seen; `none`: without any. */
function iterate(
  none: unknown,
  each: (list: readonly unknown[], apply: (element: unknown) => unknown) => unknown,
): Operator {
  return ([source, rule]) =>
    (scope) => {
      const list = argumentValue(source, scope);
      if (!isList(list) || list.length === 0) return none;
      spend(scope, list.length);
      return each(list, (element) => argumentValue(rule, { data: jsonOf(element), flagd: undefined, run: scope.run }));
    };
}

const reduce: Operator =
  ([source, rule, start]) =>
  (scope) => {
    const [list, first] = [argumentValue(source, scope), argumentValue(start, scope)];
    if (!isList(list)) return first;
    spend(scope, list.length);
    return list.reduce((accumulator, current) => {
      const data = { current: jsonOf(current), accumulator };
      return argumentValue(rule, { data, flagd: undefined, run: scope.run });
    }, first);
  };

/** `starts_with` and `ends_with`: of exactly two texts. */
function ofTexts(apply: (text: string, part: string) => boolean): Operator {
  return eager((values) => {
    const [text, part] = values;
    return values.length === 2 && typeof text === "string" && typeof part === "string" ? apply(text, part) : null;
  });
}

const semVer = eager((values) => {
  const [a, operator, b] = values;
  return values.length === 3 ? compareVersions(a, operator, b) : null;
});

/** The operators of flagd's targeting, by name. A map: `constructor` is not an operator. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["var", variable],
  ["missing", missing],
  ["missing_some", missingSome],
  ["if", choose],
  ["==", pair(looselyEqual)],
  ["!=", pair((a, b) => !looselyEqual(a, b))],
  ["===", pair(strictlyEqual)],
  ["!==", pair((a, b) => !strictlyEqual(a, b))],
  ["<", ordered((a, b) => a < b)],
  ["<=", ordered((a, b) => a <= b)],
  [">", ordered((a, b) => a > b)],
  [">=", ordered((a, b) => a >= b)],
  ["!", pair((a) => !isTruthy(a))],
  ["!!", pair(isTruthy)],
  ["and", firstThat((value) => !isTruthy(value))],
  ["or", firstThat(isTruthy)],
  ["+", fold((a, b) => a + b, 0)],
  ["-", minus],
  ["*", fold((a, b) => a * b, 1)],
  ["/", fold((a, b) => a / b)],
  ["%", fold((a, b) => a % b)],
  ["max", extreme(Math.max)],
  ["min", extreme(Math.min)],
  ["map", iterate([], (list, apply) => list.map(apply))],
  ["filter", iterate([], (list, apply) => list.filter((each) => isTruthy(apply(each))))],
  ["reduce", reduce],
  ["all", iterate(false, (list, apply) => list.every((each) => isTruthy(apply(each))))],
  ["none", iterate(true, (list, apply) => !list.some((each) => isTruthy(apply(each))))],
  ["some", iterate(false, (list, apply) => list.some((each) => isTruthy(apply(each))))],
  ["in", contains],
  ["cat", concatenated],
  ["substr", substring],
  ["merge", merged],
  ["starts_with", ofTexts((text, part) => text.startsWith(part))],
  ["ends_with", ofTexts((text, part) => text.endsWith(part))],
  ["sem_ver", semVer],
  ["fractional", fractional],
]);
