import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Address } from "../../src/transport/http/address.ts";
import { createEndpoints, defaultRestMs, type Endpoints } from "../../src/transport/retry/endpoints.ts";

const address = (name: string): Address => ({ url: `http://${name}`, origin: `http://${name}`, loopback: false });
const [a, b, c] = [address("a"), address("b"), address("c")];

/** A list with a clock that stands until it is moved. */
function listOf(all: readonly Address[]): { endpoints: Endpoints; pass: (ms: number) => void } {
  let now = 1_000_000;
  return {
    endpoints: createEndpoints(all, { now: () => now }),
    pass(ms) {
      now += ms;
    },
  };
}

describe("the list of endpoints", () => {
  it("begins with the first, and stays with it while it answers", () => {
    const { endpoints } = listOf([a, b, c]);
    expect(endpoints.all).toEqual([a, b, c]);
    for (let i = 0; i < 3; i++) {
      expect(endpoints.inUse).toBe(a);
      endpoints.succeeded(a);
    }
  });

  it("counts one that is given twice once", () => {
    const { endpoints } = listOf([a, { ...a }, b, a]);
    expect(endpoints.all).toEqual([a, b]);
    expect(endpoints.inUse).toBe(a);
    endpoints.failed(a);
    expect(endpoints.inUse).toBe(b);
    endpoints.replace([{ ...b }, { ...b }, c]);
    expect(endpoints.all).toEqual([b, c]);
    expect(endpoints.inUse).toBe(b);
  });

  it("moves on in order when the one in use fails, and round to the first", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    const seen = [a, b, c].map((each) => {
      pass(1);
      endpoints.failed(each);
      return endpoints.inUse;
    });
    expect(seen).toEqual([b, c, a]);
  });

  it("moves on also by a clock that stands still, as that of some edge runtimes does", () => {
    const { endpoints } = listOf([a, b, c]);
    const seen = [a, b, c, a].map((each) => {
      endpoints.failed(each);
      return endpoints.inUse;
    });
    expect(seen).toEqual([b, c, a, b]);
  });

  it("stays with the new one after the old one has rested: an application keeps one member's view", () => {
    const { endpoints, pass } = listOf([a, b]);
    endpoints.failed(a);
    pass(defaultRestMs + 1);
    endpoints.succeeded(a);
    expect(endpoints.inUse).toBe(b);
  });

  it("A8: passes over the ones that rest", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    endpoints.failed(b);
    pass(defaultRestMs - 1);
    endpoints.failed(a);
    expect(endpoints.inUse).toBe(c);
  });

  it("A8: takes one again whose rest is over", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    endpoints.failed(b);
    pass(defaultRestMs);
    endpoints.failed(a);
    expect(endpoints.inUse).toBe(b);
  });

  it("takes one again that answered while it rested", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    endpoints.failed(b);
    pass(1);
    endpoints.succeeded(b);
    endpoints.failed(a);
    expect(endpoints.inUse).toBe(b);
  });

  it("A7: with all resting, takes the one whose rest ends first", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    endpoints.failed(c);
    pass(1);
    endpoints.failed(b);
    pass(1);
    endpoints.failed(a);
    expect(endpoints.inUse).toBe(c);
    pass(1);
    endpoints.failed(c);
    expect(endpoints.inUse).toBe(b);
  });

  it("a late failure of one that is no longer in use moves nothing", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    endpoints.failed(a);
    endpoints.failed(a);
    endpoints.failed(c);
    expect(endpoints.inUse).toBe(b);
    pass(1);
    endpoints.failed(b);
    expect(endpoints.inUse).toBe(c);
    endpoints.succeeded(a);
    endpoints.failed(b);
    expect(endpoints.inUse).toBe(c);
  });

  it("a single endpoint is used whatever happens", () => {
    const { endpoints } = listOf([a]);
    for (let i = 0; i < 3; i++) endpoints.failed(a);
    expect(endpoints.inUse).toBe(a);
  });

  it("an empty list is refused", () => {
    expect(() => createEndpoints([]).inUse).toThrow(RangeError);
  });

  it("a rest of another length can be given", () => {
    let now = 0;
    const endpoints = createEndpoints([a, b], { restMs: 5, now: () => now });
    endpoints.failed(a);
    now = 5;
    endpoints.failed(b);
    expect(endpoints.inUse).toBe(a);
  });

  it("a wall clock that is set back prolongs no rest", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const endpoints = createEndpoints([a, b, c]);
    endpoints.failed(a);
    vi.setSystemTime(Date.now() - 3_600_000);
    endpoints.failed(b);
    endpoints.failed(c);
    // All rest; the one that failed first is asked first.
    expect(endpoints.inUse).toBe(a);
  });

  it("is replaced: what stays keeps its rest, and stays in use", () => {
    const { endpoints, pass } = listOf([a, b, c]);
    endpoints.failed(a);
    expect(endpoints.inUse).toBe(b);
    let replaced = 0;
    const forget = endpoints.onReplaced(() => replaced++);
    // The same URLs read anew.
    endpoints.replace([address("a"), address("d"), address("b")]);
    expect(endpoints.all).toEqual([a, address("d"), b]);
    expect(endpoints.inUse).toBe(b);
    endpoints.replace([address("a"), address("d")]);
    expect(endpoints.inUse).toEqual(address("d"));
    endpoints.replace([address("a"), address("d")]);
    expect(replaced).toBe(2);
    // One that is gone is told of, and not remembered.
    endpoints.failed(b);
    endpoints.replace([address("a"), address("b")]);
    expect(endpoints.inUse).toEqual(b);
    pass(defaultRestMs);
    forget();
    endpoints.replace([c]);
    expect([endpoints.inUse, replaced]).toEqual([c, 3]);
    expect(() => endpoints.replace([])).toThrow(RangeError);
    expect(endpoints.all).toEqual([c]);
  });
});
