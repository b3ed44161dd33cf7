import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseHeaderSchema } from "../../../src/gen/etcdserverpb/header_pb.ts";
import { type WatchResponse, WatchResponseSchema } from "../../../src/gen/etcdserverpb/watch_pb.ts";
import {
  closedOn,
  mayJoin,
  openedOn,
  startWatch,
  stepWatch,
  type WatchState,
  type WatchStep,
} from "../../../src/v3/watch/watch-state.ts";
import { createSimulation, type Machine, machine } from "./watch-simulation.ts";

const utf8 = new TextEncoder();
const bounds = { range: { key: utf8.encode("a"), rangeEnd: utf8.encode("z") }, maxRevisionBytes: Infinity };

function answer(init: MessageInitShape<typeof WatchResponseSchema>, revision = 100n): WatchResponse {
  return create(WatchResponseSchema, { watchId: 1n, header: create(ResponseHeaderSchema, { revision }), ...init });
}

/** As in "5 a, 5 b, 6 a": events at revisions. */
function events(text: string): MessageInitShape<typeof WatchResponseSchema> {
  return {
    events: text.split(", ").map((event) => {
      const [revision = "", key = ""] = event.split(" ");
      return { kv: { key: utf8.encode(key), modRevision: BigInt(revision) } };
    }),
  };
}

/** Runs answers on streams, which are opened first; the batches in short, and the state after them. */
function run(state: WatchState, ...answers: readonly [stream: number, answer: WatchResponse][]) {
  const batches: string[] = [];
  for (const [stream] of answers) {
    if (!state.links.some((link) => link.stream === stream)) state = openedOn(state, stream);
  }
  for (const [stream, response] of answers) {
    const step = stepWatch(state, stream, response, bounds);
    if (step.kind !== "advance") return { batches, state, step };
    state = step.state;
    for (const batch of step.batches)
      batches.push(`${batch.revision}: ${batch.events.map(({ kv }) => new TextDecoder().decode(kv?.key)).join(" ")}`);
  }
  return { batches, state, step: undefined };
}

const created = (revision: bigint): WatchResponse => answer({ created: true }, revision);

describe("W1: no event is delivered twice", () => {
  it("W1: not when two streams tell it, whichever is ahead", () => {
    const { batches, state } = run(
      startWatch(5n),
      [1, created(9n)],
      [2, created(9n)],
      [1, answer(events("5 b, 6 b"))],
      [2, answer(events("5 b, 6 b, 7 b"))],
      [1, answer(events("7 b, 8 b"))],
    );
    expect(batches).toEqual(["5: b", "6: b", "7: b", "8: b"]);
    expect(state.next).toBe(9n);
  });

  it("W1: not when a server says it twice, in one answer or in two", () => {
    const { batches } = run(
      startWatch(5n),
      [1, created(9n)],
      [1, answer(events("5 b, 5 c, 5 b, 5 d, 5 c"))],
      [1, answer(events("5 b, 5 c, 6 b"))],
    );
    expect(batches).toEqual(["5: b c d", "6: b"]);
  });
});

describe("W2: no event is skipped", () => {
  it("W2: a stream is asked for what comes after the last delivered event, whatever the header says", () => {
    const { state } = run(startWatch(5n), [1, created(900n)], [1, answer(events("5 b, 7 b"), 900n)]);
    expect(openedOn(closedOn(state, 1), 2).links).toMatchObject([{ stream: 2, start: 8n }]);
  });

  it("W2: only a watch from now on takes its start from the confirmation", () => {
    expect(run(startWatch(0n), [1, created(41n)]).state.next).toBe(42n);
    expect(run(startWatch(7n), [1, created(41n)]).state.next).toBe(7n);
  });

  it("W2: a periodic progress report moves the resume point; the answer to a request, or one in mid-revision, does not", () => {
    const base = run(startWatch(7n), [1, created(41n)]).state;
    expect(run(base, [1, answer({}, 60n)]).state.next).toBe(61n);
    expect(run(base, [1, answer({}, 3n)]).state.next).toBe(7n);
    expect(run(base, [1, answer({ watchId: -1n }, 60n)]).state.next).toBe(7n);
    const midway = run(base, [1, answer({ ...events("8 b, 9 b"), fragment: true })]).state;
    expect(run(midway, [1, answer({}, 60n)]).state.next).toBe(9n);
  });

  it("W2: a second stream from now on that begins later than the first is refused", () => {
    const { step } = run(
      startWatch(0n),
      [1, answer({}, 1n)],
      [2, answer({}, 1n)],
      [1, created(10n)],
      [2, created(12n)],
    );
    expect(step?.kind).toBe("violation");
  });
});

describe("W3: revisions never fall", () => {
  it("W3: an answer out of order is a violation, and moves nothing", () => {
    const { batches, state, step } = run(startWatch(5n), [1, created(9n)], [1, answer(events("6 b, 5 b"))]);
    expect(step?.kind).toBe("violation");
    expect(batches).toEqual([]);
    expect(state.next).toBe(5n);
  });
});

describe("W4: a compacted start is reported", () => {
  it("W4: with the oldest revision there is, after the confirmation", () => {
    const { step } = run(startWatch(5n), [1, created(90n)], [1, answer({ canceled: true, compactRevision: 22n })]);
    expect(step).toEqual({ kind: "compacted", compactRevision: 22n });
  });

  it("W4: apart from a refusal, which has a reason of its own", () => {
    const { step } = run(startWatch(5n), [
      1,
      answer({ created: true, canceled: true, watchId: -1n, cancelReason: "no" }),
    ]);
    expect(step).toEqual({ kind: "refused", cancelReason: "no" });
  });
});

describe("W6: the events of a revision are delivered together", () => {
  it("W6: whole revisions of a split answer at once, the last when the next part shows that it is whole", () => {
    const first = run(startWatch(5n), [1, created(9n)], [1, answer({ ...events("5 b, 6 b, 6 c"), fragment: true })]);
    expect(first.batches).toEqual(["5: b"]);
    const second = run(first.state, [1, answer({ ...events("6 d, 7 b"), fragment: true })]);
    expect(second.batches).toEqual(["6: b c d"]);
    expect(run(second.state, [1, answer(events("7 c"))]).batches).toEqual(["7: b c"]);
  });

  it("W6: parts of a stream that broke are read again", () => {
    const { state } = run(startWatch(5n), [1, created(9n)], [1, answer({ ...events("5 b"), fragment: true })]);
    expect(run(closedOn(state, 1), [2, created(9n)], [2, answer(events("5 b, 5 c"))]).batches).toEqual(["5: b c"]);
  });

  it("W6: parts of two streams are kept apart", () => {
    const { batches } = run(
      startWatch(5n),
      [1, created(9n)],
      [2, created(9n)],
      [1, answer({ ...events("5 b"), fragment: true })],
      [2, answer({ ...events("5 b, 5 c"), fragment: true })],
      [1, answer(events("5 c, 5 d"))],
      [2, answer(events("5 d, 6 b"))],
    );
    expect(batches).toEqual(["5: b c d", "6: b"]);
  });
});

describe("W7: a reader that joins gets all from its start on", () => {
  it("W7: from where the watch is, or from later on when the past has arrived", () => {
    const behind = run(startWatch(5n), [1, created(90n)], [1, answer(events("7 b"))]).state;
    expect([8n, 7n, 9n, 0n].map((from) => mayJoin(behind, from))).toEqual([true, false, false, false]);
    const present = run(behind, [1, answer(events("91 b"))]).state;
    expect([92n, 93n, 91n, 0n].map((from) => mayJoin(present, from))).toEqual([true, true, false, false]);
    expect([0n, 5n].map((from) => mayJoin(startWatch(0n), from))).toEqual([true, false]);
    expect([5n, 6n, 0n].map((from) => mayJoin(startWatch(5n), from))).toEqual([true, false, false]);
  });
});

it("passes over what is outside of its range (GHSA-xg4h-6gfc-h4m8), and answers on streams it has left", () => {
  const { state, batches } = run(startWatch(5n), [1, created(9n)], [1, answer(events("5 b, 5 zz, 6 A, 7 b"))]);
  expect(batches).toEqual(["5: b", "7: b"]);
  expect(stepWatch(closedOn(state, 1), 1, answer(events("8 b")), bounds)).toMatchObject({
    kind: "advance",
    batches: [],
  });
});

const programs = fc.tuple(
  fc.array(fc.nat(2 ** 24), { minLength: 150, maxLength: 400 }),
  fc.constantFrom(0n, 1n, 2n, 4n),
);

/** Runs random programs. Throws what the first that breaks an invariant threw; else tells how much they did. */
function explore(under: Machine, runs: number): { steps: number; delivered: number } {
  let steps = 0;
  let delivered = 0;
  const property = fc.property(programs, ([choices, from]) => {
    const simulation = createSimulation(under, from);
    for (const choice of choices) simulation.act(choice);
    steps += choices.length;
    simulation.settle();
    delivered += simulation.delivered;
  });
  const { failed, errorInstance, seed } = fc.check(property, { numRuns: runs, endOnFailure: true });
  if (failed) throw new Error(`${String(errorInstance)}; seed ${seed}`);
  return { steps, delivered };
}

it("W1 W2 W3 W4 W6 W7 hold over 100,000 steps of any interleaving", () => {
  const { steps, delivered } = explore(machine, 600);
  expect(steps).toBeGreaterThan(100_000);
  expect(delivered).toBeGreaterThan(10_000);
}, 60_000);

function stepped(change: (step: WatchStep, before: WatchState, response: WatchResponse) => WatchStep): Machine {
  return {
    ...machine,
    stepWatch: (state, stream, response, of) => change(stepWatch(state, stream, response, of), state, response),
  };
}

function fed(change: (response: WatchResponse) => WatchResponse): Machine {
  return { ...machine, stepWatch: (state, stream, response, of) => stepWatch(state, stream, change(response), of) };
}

const headed = (step: WatchStep, response: WatchResponse): WatchStep =>
  step.kind === "advance" ? { ...step, state: { ...step.state, next: (response.header?.revision ?? 0n) + 1n } } : step;

const unchanged = (state: WatchState): WatchStep => ({ kind: "advance", state, batches: [], created: undefined });

const bugs: readonly [string, Machine][] = [
  [
    "resumes at the header's revision + 1",
    stepped((step, _, response) => (response.events.length > 0 && !response.fragment ? headed(step, response) : step)),
  ],
  ["takes every confirmation for its start", stepped((step, _, r) => (r.created ? headed(step, r) : step))],
  ["drops a part", stepped((step, before, response) => (response.fragment ? unchanged(before) : step))],
  ["delivers a part at once", fed((response) => ({ ...response, fragment: false }))],
  [
    "forgets what it has delivered",
    {
      ...machine,
      stepWatch(state, stream, response, of) {
        const step = stepWatch({ ...state, next: state.next === 0n ? 0n : 1n }, stream, response, of);
        if (step.kind !== "advance") return step;
        return { ...step, state: { ...step.state, next: step.state.next > state.next ? step.state.next : state.next } };
      },
    },
  ],
  [
    "trusts the answer to a request for progress",
    fed((response) => (response.watchId === -1n ? { ...response, watchId: 1n } : response)),
  ],
  [
    "opens a stream one revision late",
    {
      ...machine,
      openedOn(state, stream) {
        const opened = openedOn(state, stream);
        const late = opened.links.map((link) =>
          link.stream === stream && link.start > 0n ? { ...link, start: link.start + 1n } : link,
        );
        return { ...opened, links: late };
      },
    },
  ],
  ["passes over a compaction", stepped((step, before) => (step.kind === "compacted" ? unchanged(before) : step))],
  ["lets readers join anywhere", { ...machine, mayJoin: () => true }],
  [
    "takes an answer as it comes, in whatever order",
    {
      ...machine,
      stepWatch(state, stream, response, of) {
        const step = stepWatch(state, stream, response, of);
        if (step.kind !== "violation" || response.events.length === 0) return step;
        const sorted = response.events.toSorted((a, b) =>
          Number((b.kv?.modRevision ?? 0n) - (a.kv?.modRevision ?? 0n)),
        );
        return stepWatch(state, stream, { ...response, events: sorted.slice(0, 1) }, of);
      },
    },
  ],
  [
    "hears a stream from now on that began after a gap",
    stepped((step, before, { created: started }) => {
      if (step.kind !== "violation" || !started) return step;
      return unchanged({ ...before, links: before.links.map((link) => ({ ...link, confirmed: true })) });
    }),
  ],
];

it.each(bugs)("the random steps find a watch that %s", (_, broken) => {
  expect(() => explore(broken, 3000)).toThrow(/W\d: /);
});
