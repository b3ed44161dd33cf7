import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSnapshotCheck } from "../../src/v3/maintenance/snapshot-check.ts";

function withSum(data: Uint8Array): Uint8Array {
  return new Uint8Array([...data, ...createHash("sha256").update(data).digest()]);
}

/** Cuts `bytes` at the given places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

function isWhole(parts: readonly Uint8Array[]): boolean {
  const check = createSnapshotCheck();
  for (const part of parts) check.update(part);
  return check.isWhole();
}

const data = fc.uint8Array({ maxLength: 200 });
const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe("the check of a snapshot", () => {
  it("passes what ends with its SHA-256, however it is cut", () => {
    fc.assert(
      fc.property(data, cuts, (bytes, places) => {
        expect(isWhole(pieces(withSum(bytes), places))).toBe(true);
      }),
    );
  });

  it("fails when any one byte differs", () => {
    fc.assert(
      fc.property(data, cuts, fc.nat(), (bytes, places, at) => {
        const whole = withSum(bytes);
        whole[at % whole.length] = (whole[at % whole.length] ?? 0) ^ 1;
        expect(isWhole(pieces(whole, places))).toBe(false);
      }),
    );
  });

  it("fails when anything is missing at the end", () => {
    fc.assert(
      fc.property(data, cuts, fc.nat(), (bytes, places, length) => {
        const whole = withSum(bytes);
        expect(isWhole(pieces(whole.subarray(0, length % whole.length), places))).toBe(false);
      }),
    );
  });

  it("may be asked before the end", () => {
    const whole = withSum(Uint8Array.of(1, 2, 3));
    const check = createSnapshotCheck();
    check.update(whole.subarray(0, 20));
    expect(check.isWhole()).toBe(false);
    check.update(whole.subarray(20));
    expect(check.isWhole()).toBe(true);
  });
});
