import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Permission, Permission_Type as Type } from "../../src/gen/authpb/auth_pb.ts";
import { includes, keyRange } from "../../src/memory/store/key-range.ts";
import { UserRights } from "../../src/memory/auth/rights.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const letters = ["a", "b", "c", "d", "e"] as const;
const letter = fc.constantFrom(...letters);
const end = fc.constantFrom("", "\0", ...letters);
const permission: fc.Arbitrary<Permission> = fc
  .record({ permType: fc.constantFrom(Type.READ, Type.WRITE, Type.READWRITE), key: letter, rangeEnd: end })
  .map(({ permType, key, rangeEnd }) => ({
    $typeName: "authpb.Permission" as const,
    permType,
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
  }));
/** Between and on the ends of all ranges; `~` stands for what comes after them. */
const samples = letters.flatMap((each) => [each, `${each}\0`, `${each}x`]).concat("~");

describe("the rights of a user", () => {
  it("cover a range when some permission or other covers each of its keys", () => {
    fc.assert(
      fc.property(fc.array(permission, { maxLength: 6 }), letter, end, (permissions, key, rangeEnd) => {
        const range = keyRange(bytes(key), bytes(rangeEnd));
        fc.pre(range.end === undefined || range.end > range.start);
        for (const [wanted, other] of [
          ["read", Type.WRITE],
          ["write", Type.READ],
        ] as const) {
          const held = permissions
            .filter(({ permType }) => permType !== other)
            .map((each) => keyRange(each.key, each.rangeEnd));
          const expected = samples
            .filter((sample) => includes(range, sample))
            .every((sample) => held.some((each) => includes(each, sample)));
          expect(new UserRights(permissions).cover(wanted, range)).toBe(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
