import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Progress, reportProgress } from "../../cli/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is written by progress that is told of each tenth of a second, for `seconds`. */
function written(isTTY: boolean, env: Record<string, string>, seconds: number, share?: number): string[] {
  const pieces: string[] = [];
  const progress: Progress = reportProgress("import", false, { isTTY, write: (text) => pieces.push(text) }, env);
  for (let i = 1; i <= seconds * 10; i++) {
    vi.advanceTimersByTime(100);
    progress.at(`${i} keys`, share);
  }
  progress.done();
  return pieces;
}

describe("Progress of long work", () => {
  const plain = { NO_COLOR: "1", TERM: "xterm" };

  it("is one line that changes on a terminal, and is gone in the end", () => {
    expect(written(true, plain, 0.2)).toEqual(["\r\u001b[Kimport: 1 keys", "\r\u001b[Kimport: 2 keys", "\r\u001b[K"]);
  });

  it("has a bar on a terminal where the end is known, and the share alone elsewhere", () => {
    expect(written(true, plain, 0.1, 0.5)[0]).toBe("\r\u001b[Kimport: [############------------] 50 %, 1 keys");
    expect(written(true, plain, 0.1, 7)[0]).toContain("[########################] 100 %");
    expect(written(false, plain, 5, 0.5)).toEqual(["import: 50 %, 50 keys\n"]);
  });

  it.each([
    ["a pipe", false, { TERM: "xterm" }],
    ["a dumb terminal", true, { TERM: "dumb" }],
  ])("is a line every five seconds in %s", (_, isTTY, env) => {
    expect(written(isTTY, env, 12)).toEqual(["import: 50 keys\n", "import: 100 keys\n"]);
  });

  it.each([
    [true, { TERM: "xterm" }, true],
    [true, { TERM: "xterm", NO_COLOR: "" }, true],
    [true, { TERM: "xterm", NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [true, { TERM: "xterm", FORCE_COLOR: "0" }, false],
    [false, { TERM: "xterm" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, true],
  ])("on a terminal: %s, with %o: colours are %s", (isTTY, env, coloured) => {
    expect(written(isTTY, env, 5).join("").includes("\u001b[1mimport:\u001b[0m")).toBe(coloured);
  });

  it("is silent where it is to be", () => {
    const write = vi.fn();
    reportProgress("import", true, { isTTY: true, write }, {}).at("1 keys");
    expect(write).not.toHaveBeenCalled();
  });
});
