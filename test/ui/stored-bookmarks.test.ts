import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostBookmarks, readBookmarks } from "../../ui/src/keys/stored-bookmarks.ts";
import { bytesOf, idOf, keyRef } from "../../ui/src/keys/key-id.ts";

describe("stored bookmarks", () => {
  it("are the names of keys and folders that were stored", () => {
    const name = fc.oneof(
      fc.uint8Array({ minLength: 1 }).map(idOf),
      fc.uint8Array({ minLength: 1 }).map(idOf).map(keyRef),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: mostBookmarks }), (names) => {
        expect(readBookmarks(JSON.stringify(names))).toEqual(names);
      }),
    );
  });

  it("are limited in number and length, and are only names, whatever was stored", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `key/${i}`);
    expect(readBookmarks(JSON.stringify(many))).toEqual(many.slice(-mostBookmarks));
    expect(
      readBookmarks(JSON.stringify(["a", "a", "x".repeat(10_000), "", "\ud800", "\u0101", 1, null, ["b"]])),
    ).toEqual(["a"]);
    for (const text of [null, "", "off", "{", '"a"', "null", '{"length":3}', "[".repeat(100_000)]) {
      expect(readBookmarks(text)).toEqual([]);
    }
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        for (const id of readBookmarks(text)) expect(idOf(bytesOf(id))).toBe(id.replace(/\u0100$/, ""));
      }),
    );
  });
});
