import { describe, expect, it } from "vitest";
import { EtcdError } from "../../src/index.ts";
import {
  afterNews,
  type CacheNews,
  type CacheState,
  cacheStatus,
  startState,
} from "../../src/recipes/cache/cache-state.ts";

const error = new EtcdError("no answer", "Unreachable", { outcome: "not-applied" });
const closed = new EtcdError("the client is closed", "Closed", { outcome: "not-applied" });

const failed: CacheNews = { error };
const answered: CacheNews = { error: undefined, changed: false };
const changed: CacheNews = { error: undefined, changed: true };
const broke: CacheNews = { broken: true };
const reopened: CacheNews = { broken: false };
const close: CacheNews = { closed: true, error: closed };

/** The status after each piece of news; with a `!` where listeners are told. */
function course(...news: readonly CacheNews[]): { readonly told: string[]; readonly state: CacheState } {
  let state = startState;
  const told = news.map((each) => {
    const step = afterNews(state, each);
    if (step !== undefined) ({ state } = step);
    return cacheStatus(state) + (step?.tells === true ? "!" : "");
  });
  return { told, state };
}

describe("the state of a cache", () => {
  it.each<[string, CacheNews[], string[]]>([
    [
      "of other content, and of nothing where nothing changed",
      [changed, answered, changed],
      ["live!", "live", "live!"],
    ],
    ["of a failure once, and of its end", [failed, failed, answered], ["stale!", "stale", "live!"]],
    ["of a broken stream, and of its end", [broke, broke, reopened], ["stale!", "stale", "live!"]],
    [
      "once of two things that make it stale, and only when both are over that it is live",
      [broke, failed, reopened, answered],
      ["stale!", "stale", "stale", "live!"],
    ],
    ["of content that came while the stream is broken", [broke, changed, reopened], ["stale!", "stale!", "live!"]],
    [
      "of its end once, and of nothing after it",
      [close, changed, failed, broke, close],
      ["closed!", ...four("closed")],
    ],
  ])("tells listeners %s", (_, events, expected) => {
    expect(course(...events).told).toEqual(expected);
  });

  it("knows why it is stale until etcd answers, whatever the stream does", () => {
    expect(course(failed, broke).state.error).toBe(error);
    expect(course(failed, reopened).state.error).toBe(error);
    expect(course(failed, answered).state.error).toBe(undefined);
    expect(course(broke).state.error).toBe(undefined);
  });

  it("is closed by its client's end, and keeps that as its error", () => {
    const { told, state } = course({ error: closed }, answered, close, failed);
    expect(told).toEqual(["closed!", ...four("closed").slice(1)]);
    expect(state).toMatchObject({ closed: true, error: closed });
  });
});

function four<T>(each: T): T[] {
  return Array.from({ length: 4 }, () => each);
}
