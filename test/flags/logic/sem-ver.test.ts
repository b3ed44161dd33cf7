import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/flags/flag-format.ts";
import { evaluate } from "./evaluate.ts";

describe("sem_ver", () => {
  it.each<[Json, string, Json, boolean | null]>([
    ["1.2.3", "=", "1.2.3", true],
    ["1.2.3", "!=", "1.2.3", false],
    ["1.2.3", "<", "1.2.4", true],
    ["1.10.0", ">", "1.9.0", true],
    ["1.2.3", "<=", "1.2.3", true],
    ["1.2.3", ">=", "1.3.0", false],
    ["1.0.0-rc.1", "<", "1.0.0", true],
    ["1.2.3-2", "<", "1.2.3-10", true],
    ["1.2.3-2", "<", "1.2.3-a", true],
    ["1.2.3-a.1", ">", "1.2.3-a", true],
    ["1.2.3-a", "<", "1.2.3-b", true],
    ["1.0.0-2a", ">", "1.0.0-2", true],
    ["1.2.3+a", "=", "1.2.3+b", true],
    ["0.9.9", "^", "0.1.0", true],
    ["0.1.0", "^", "0.9.9", true],
    ["1.9.9", "^", "2.0.0", false],
    ["1.2.9", "~", "1.2.0", true],
    ["1.2.0-rc.1", "~", "1.2.0", true],
    ["1.3.0", "~", "1.2.0", false],
    ["v1.2.3", "=", "V1.2.3", true],
    ["1", "=", "1.0.0", true],
    ["1.2", "=", "1.2.0", true],
    [1, "=", "1.0.0", true],
    [1.2, "=", "1.2.0", true],
    [1234567, "=", "1234567.0.0", true],
    ["99999999999999999999.0.0", ">", "9.0.0", true],
    ["99999999999999999999.0.0", "<", "99999999999999999998.0.0", false],
    ["1.2.3", "==", "1.2.3", null],
    ["1.2.3", "===", "1.2.3", null],
    ...["vv1.2.3", " 1.2.3", "1.2-rc", "1.2.3.4", "01.2.3", "01", "1.2.3-01", "1.2.x", "=1.2.3", "", null, true].map(
      (version): [Json, string, Json, null] => [version, "=", "1.2.3", null],
    ),
  ])("%j %s %j is %j", (a, operator, b, expected) => {
    expect(evaluate({ sem_ver: [a, operator, b] })).toBe(expected);
  });

  it("takes exactly three arguments", () => {
    expect(evaluate({ sem_ver: ["1.2.3", "="] })).toBeNull();
    expect(evaluate({ sem_ver: ["1.2.3", "=", "1.2.3", "1.2.3"] })).toBeNull();
    expect(evaluate({ sem_ver: ["1.2.3", 5, "1.2.3"] })).toBeNull();
  });

  it("reads hostile versions in linear time", () => {
    const started = performance.now();
    for (const version of ["1".repeat(200_000), `1.0.0-${"1.".repeat(100_000)}`, `1.0.0-${"1".repeat(200_000)}_`]) {
      evaluate({ sem_ver: [{ var: "v" }, "=", "1.0.0"] }, { v: version });
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
