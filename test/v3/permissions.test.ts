import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Permission_Type, PermissionSchema } from "../../src/gen/authpb/auth_pb.ts";
import { compareBytes, type KeyRange, rangeOf, type Selector } from "../../src/v3/keys.ts";
import {
  allows,
  everything,
  type Permission,
  permissionsOf,
  type PermissionType,
  wireTypes,
} from "../../src/v3/auth/permissions.ts";

function granted(permission: PermissionType, selector: Selector): Permission {
  return { permission, selector, ...rangeOf(selector) };
}

const can = (permissions: Permission[], what: "read" | "write", selector: Selector) =>
  allows(permissions, what, rangeOf(selector));

describe("what permissions allow", () => {
  it("is nothing without any", () => {
    expect(can([], "read", "a")).toBe(false);
    expect(can([], "read", { all: true })).toBe(false);
  });

  it("reading is not writing", () => {
    const permissions = [granted("read", "a"), granted("write", "b"), granted("readwrite", "c")];
    expect(["a", "b", "c"].map((key) => can(permissions, "read", key))).toEqual([true, false, true]);
    expect(["a", "b", "c"].map((key) => can(permissions, "write", key))).toEqual([false, true, true]);
  });

  it("a key is that key alone", () => {
    const permissions = [granted("read", "ab")];
    expect(can(permissions, "read", "ab")).toBe(true);
    for (const selector of ["a", "ab\0", "abc", { prefix: "ab" }, { from: "ab" }]) {
      expect(can(permissions, "read", selector)).toBe(false);
    }
  });

  it("a prefix covers what is below it and nothing beside it", () => {
    const permissions = [granted("read", { prefix: "app/" })];
    for (const selector of ["app/", "app/x", { prefix: "app/x" }, { prefix: "app/" }, { from: "app/b", to: "app0" }]) {
      expect(can(permissions, "read", selector)).toBe(true);
    }
    for (const selector of ["app", "app0", { from: "app/" }, { prefix: "app" }, { from: "app/b", to: "app0\0" }]) {
      expect(can(permissions, "read", selector)).toBe(false);
    }
  });

  it("ranges that touch or overlap count as one, those of different roles and kinds too", () => {
    const touching = [
      granted("read", { from: "m", to: "q" }),
      granted("readwrite", { from: "a", to: "g" }),
      granted("read", { from: "g", to: "m" }),
    ];
    expect(can(touching, "read", { from: "a", to: "q" })).toBe(true);
    expect(can(touching, "write", { from: "a", to: "q" })).toBe(false);
    expect(can(touching, "read", { from: "a", to: "q\0" })).toBe(false);
    const gap = [granted("read", { from: "a", to: "g" }), granted("read", { from: "g\0", to: "m" })];
    expect(can(gap, "read", { from: "a", to: "m" })).toBe(false);
    expect(can([...gap, granted("read", "g")], "read", { from: "a", to: "m" })).toBe(true);
  });

  it("a range inside of another does not shorten it", () => {
    const nested = [granted("read", { from: "a", to: "z" }), granted("read", { from: "b", to: "c" })];
    expect(can(nested, "read", { from: "a", to: "y" })).toBe(true);
  });

  it("only a range without end covers one without end", () => {
    expect(can([granted("read", { from: "a", to: "\u{10ffff}" })], "read", { from: "b" })).toBe(false);
    expect(can([granted("read", { from: "a" })], "read", { from: "b" })).toBe(true);
    expect(can([granted("read", { from: "a" })], "read", { all: true })).toBe(false);
    expect(can([granted("read", { all: true })], "read", { all: true })).toBe(true);
    expect(can([everything()], "write", { all: true })).toBe(true);
  });

  it("agrees with asking for each key at which coverage can change", () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 });
    const range = fc.tuple(key, key, fc.constantFrom("key", "span", "open")).map(([a, b, form]): KeyRange => {
      const [low, high] = compareBytes(a, b) < 0 ? [a, b] : [b, a];
      if (form === "open") return { key: low, rangeEnd: new Uint8Array(1) };
      return { key: low, rangeEnd: form === "key" || compareBytes(low, high) === 0 ? new Uint8Array(0) : high };
    });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), range, (ranges, wanted) => {
        const permissions = ranges.map(
          (each): Permission => ({ permission: "read", selector: { all: true }, ...each }),
        );
        const after = (k: Uint8Array) => Uint8Array.of(...k, 0);
        const endOf = ({ key: k, rangeEnd }: KeyRange) => (rangeEnd.length === 0 ? after(k) : rangeEnd);
        const isOpen = ({ rangeEnd }: KeyRange) => rangeEnd.length === 1 && rangeEnd[0] === 0;
        const holds = (each: KeyRange, k: Uint8Array) =>
          compareBytes(each.key, k) <= 0 && (isOpen(each) || compareBytes(k, endOf(each)) < 0);
        const changes = [wanted.key, ...ranges.filter((each) => !isOpen(each)).map(endOf)];
        const covered = changes.filter((k) => holds(wanted, k)).every((k) => ranges.some((each) => holds(each, k)));
        expect(allows(permissions, "read", wanted)).toBe(covered);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a permission of etcd's", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it.each([
    ["a key", "app", ""],
    [{ prefix: "app/" }, "app/", "app0"],
    [{ from: "a", to: "c" }, "a", "c"],
    [{ from: "a" }, "a", "\0"],
    [{ all: true }, "\0", "\0"],
    [{ all: true }, "", "\0"],
    [{ from: "\0", to: "b" }, "", "b"],
  ] as const)("reads as the selector %j", (selector, key, rangeEnd) => {
    const wire = [
      create(PermissionSchema, { permType: Permission_Type.WRITE, key: bytes(key), rangeEnd: bytes(rangeEnd) }),
    ];
    expect(permissionsOf(wire)).toEqual([
      {
        permission: "write",
        key: bytes(key),
        rangeEnd: bytes(rangeEnd),
        selector: selector === "a key" ? "app" : selector,
      },
    ]);
  });

  it("keeps keys that are not text as bytes", () => {
    const key = Uint8Array.of(0xff, 0xfe);
    const wire = [create(PermissionSchema, { key, rangeEnd: Uint8Array.of(0xff, 0xff) })];
    expect(permissionsOf(wire)[0]?.selector).toEqual({ prefix: key });
  });

  it("is left out when it is of a kind not known", () => {
    const unknown = create(PermissionSchema, { key: bytes("a") });
    Reflect.set(unknown, "permType", 7);
    expect(permissionsOf([unknown])).toEqual([]);
  });

  it("comes back as the range that its selector was granted for", () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 3 });
    const selector = fc.oneof(
      key,
      key.map((prefix): Selector => ({ prefix })),
      key.map((from): Selector => ({ from })),
      fc
        .tuple(key, key)
        .filter(([from, to]) => compareBytes(from, to) < 0)
        .map(([from, to]): Selector => ({ from, to })),
    );
    fc.assert(
      fc.property(selector, (given) => {
        const wire = [create(PermissionSchema, { permType: wireTypes.read, ...rangeOf(given) })];
        const [permission] = permissionsOf(wire);
        expect(rangeOf(permission?.selector)).toEqual(rangeOf(given));
      }),
    );
  });
});
