import type { Operation, Violation } from "./client-history.ts";

/** Of one key. `undefined`: not there. */
type State = string | undefined;

interface Step {
  readonly call: number;
  /** `Infinity` for what may never take place. */
  readonly end: number;
  readonly operation: Operation;
  /** The state afterwards; `false` where the step cannot take place on this state. */
  apply(state: State): { readonly state: State } | false;
  /** It changes nothing. */
  readonly reads: boolean;
  /** Steps of one kind whose outcome is unknown do the same to the same states: which of them it was cannot be told. */
  readonly kind?: Kind;
}

/** Writes that nobody saw, and deletes. */
type Kind = "unseen" | "delete";

export interface LinearizabilityOptions {
  /** Steps of the search in one key before it is given up, which counts as a violation. */
  readonly maxSteps?: number;
}

/**
 * Searches, key by key, an order of the operations that real time allows and in which each answer is true (Wing and
 * Gong, with Lowe's memory of the states that were tried). It knows nothing of revisions: only of values, and of when a
 * call began and ended.
 */
export function checkLinearizable(
  operations: readonly Operation[],
  { maxSteps = 3_000_000 }: LinearizabilityOptions = {},
): Violation[] {
  const keys = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.action.type === "get" && operation.action.serializable) continue;
    if (operation.action.type === "grant" || operation.outcome === "not-applied") continue;
    keys.set(operation.key, [...(keys.get(operation.key) ?? []), operation]);
  }
  return [...keys].flatMap(([key, own]) => {
    const judgement = search(own, maxSteps);
    if (judgement === "ok") return [];
    if (judgement === "too long") return [{ rule: "linearizable", what: `${key}: the search took too long` }];
    const stuck = judgement.map(({ client, call, action }) => `client ${client} at ${call.toFixed(1)}: ${action.type}`);
    return [
      { rule: "linearizable", what: `${key}: no order of its ${own.length} operations explains ${stuck.join("; ")}` },
    ];
  });
}

interface Node {
  /** All answered steps before this one are taken ... */
  readonly low: number;
  /** ... and these after it, in order. */
  readonly beyond: readonly number[];
  /** The uncertain steps without a kind that were taken, in order. */
  readonly uncertain: readonly number[];
  /** How many of each kind were taken: the first ones, for what was called before may take place before. */
  readonly taken: Readonly<Record<Kind, number>>;
  readonly state: State;
}

function search(operations: readonly Operation[], maxSteps: number): "ok" | "too long" | Operation[] {
  const observed = valuesSeen(operations);
  const steps = operations.flatMap((operation) => stepOf(operation, observed)).sort((a, b) => a.call - b.call);
  const answered = steps.filter(({ end }) => end !== Infinity);
  const isUncertain = steps.filter(({ end }) => end === Infinity);
  const uncertainWrites = isUncertain.filter(({ kind }) => kind === undefined);
  const kinds = (["unseen", "delete"] as const).map(
    (kind) => [kind, isUncertain.filter((step) => step.kind === kind)] as const,
  );
  const tried = new Map<string, Node["taken"][]>();
  const stack: Node[] = [{ low: 0, beyond: [], uncertain: [], taken: { unseen: 0, delete: 0 }, state: undefined }];
  let furthest = 0;

  for (let count = 0; stack.length > 0; count++) {
    if (count > maxSteps) return "too long";
    const node = settle(stack.pop() ?? fail());
    if (node.low === answered.length) return "ok";
    furthest = Math.max(furthest, node.low);
    const id = `${node.low};${node.beyond.join()};${node.uncertain.join()};${node.state ?? ""}`;
    const before = tried.get(id) ?? [];
    // A search that came here with more of them left has tried all that there is to try.
    if (before.some((taken) => taken.unseen <= node.taken.unseen && taken.delete <= node.taken.delete)) continue;
    tried.set(id, [...before, node.taken]);
    const { candidates, limit } = open(node);
    for (const [kind, all] of kinds) {
      const step = all[node.taken[kind]];
      if (step === undefined || step.call >= limit) continue;
      const next = step.apply(node.state);
      const taken = { ...node.taken, [kind]: node.taken[kind] + 1 };
      if (next !== false) stack.push({ ...node, taken, state: next.state });
    }
    for (const [i, step] of uncertainWrites.entries()) {
      if (step.call >= limit) break;
      if (node.uncertain.includes(i)) continue;
      const next = step.apply(node.state);
      if (next !== false) stack.push({ ...node, uncertain: insert(node.uncertain, i), state: next.state });
    }
    // The last one pushed is tried first: the one that was called first.
    for (const i of candidates.reverse()) {
      const next = answered[i]?.apply(node.state) ?? false;
      if (next !== false) stack.push(take(node, i, next.state));
    }
  }
  return answered.slice(furthest, furthest + 3).map(({ operation }) => operation);

  /** The steps that may come next: those that began before any other that is left ended. */
  function open({ low, beyond }: Node): { candidates: number[]; limit: number } {
    const left: number[] = [];
    let limit = Infinity;
    for (let i = low; i < answered.length; i++) {
      const step = answered[i] ?? fail();
      if (step.call > limit) break;
      if (beyond.includes(i)) continue;
      limit = Math.min(limit, step.end);
      left.push(i);
    }
    return { candidates: left.filter((i) => (answered[i] ?? fail()).call <= limit), limit };
  }

  /** Takes all reads that are true now: to take them at once can be no mistake. */
  function settle(node: Node): Node {
    for (;;) {
      const { candidates } = open(node);
      const read = candidates.find((i) => answered[i]?.reads === true && answered[i]?.apply(node.state) !== false);
      if (read === undefined) return node;
      node = take(node, read, node.state);
    }
  }
}

function take(node: Node, i: number, state: State): Node {
  let { low } = node;
  const beyond = insert(node.beyond, i);
  let gone = 0;
  while (beyond[gone] === low) {
    low++;
    gone++;
  }
  return { ...node, low, beyond: beyond.slice(gone), state };
}

function insert(sorted: readonly number[], i: number): number[] {
  return [...sorted, i].sort((a, b) => a - b);
}

/** The values that somebody was shown, or that a condition held for. */
function valuesSeen(operations: readonly Operation[]): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const { action, outcome } of operations) {
    if (action.type === "get" && action.seen.entry !== null) seen.add(action.seen.entry.value);
    if (action.type === "put" && action.prev) seen.add(action.prev.value);
    const refusedBy = action.type === "swap" ? action.refusedBy : undefined;
    if (refusedBy?.entry) seen.add(refusedBy.entry.value);
    const conditional = action.type === "swap" || action.type === "delete";
    if (conditional && outcome !== "not-applied" && refusedBy === undefined && action.expected) {
      seen.add(action.expected.value);
    }
  }
  return seen;
}

function stepOf(operation: Operation, observed: ReadonlySet<string>): Step[] {
  const { action, call, outcome } = operation;
  const isUncertain = outcome === "unknown";
  // A uncertain write whose value nobody ever saw changes nothing that shows, except that a delete may find it.
  const unseen = isUncertain && "value" in action && !observed.has(action.value);
  const base = { call, end: isUncertain ? Infinity : operation.end, operation };
  const read = (value: State): Step => ({
    ...base,
    reads: true,
    apply: (state) => (state === value ? { state } : false),
  });
  if (unseen) {
    if (action.type === "swap" && action.expected !== null) return [];
    // Whatever it is: of what nobody saw one is as good as another.
    const apply: Step["apply"] = (state) => (state === undefined ? { state: "unseen" } : false);
    return [{ ...base, kind: "unseen", reads: false, apply }];
  }
  switch (action.type) {
    case "get":
      return [read(action.seen.entry?.value)];
    case "put": {
      const { value, prev } = action;
      return [
        {
          ...base,
          reads: false,
          apply: (state) => (prev === undefined || state === prev?.value ? { state: value } : false),
        },
      ];
    }
    case "swap": {
      if (action.refusedBy !== undefined) return [read(action.refusedBy.entry?.value)];
      const { value, expected } = action;
      return [{ ...base, reads: false, apply: (state) => (state === expected?.value ? { state: value } : false) }];
    }
    case "delete":
      if (action.deleted === false) return [read(undefined)];
      if (action.expected) {
        const { value } = action.expected;
        return [{ ...base, reads: false, apply: (state) => (state === value ? { state: undefined } : false) }];
      }
      return [
        {
          ...base,
          ...(isUncertain && { kind: "delete" as const }),
          reads: false,
          apply: (state) => (state === undefined ? false : { state: undefined }),
        },
      ];
    case "grant":
      return [];
  }
}

function fail(): never {
  throw new Error("a step that is not there");
}
