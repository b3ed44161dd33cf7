import { isDeepStrictEqual } from "node:util";
import { equals, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "../../src/transport/codec/codec.ts";
import { allMessages } from "./api.ts";
import { messageArbitrary } from "./message-arbitrary.ts";

const withUnknown = (json: JsonValue): JsonValue => {
  if (Array.isArray(json)) return json.map(withUnknown);
  if (typeof json !== "object" || json === null) return json;
  const known = Object.entries(json).map(([name, value]) => [name, withUnknown(value)] as const);
  return Object.fromEntries([["of_a_newer_server", { a: [1, null] }], ...known]);
};

/** The codec against protobuf-es, on any message of every type. `numRuns` is per type. */
export function codecAgreesWithProtobuf(numRuns: number): void {
  const each = allMessages.map((desc) => [desc.typeName, desc] as const);

  describe.each(each)("%s", (_, desc) => {
    const message = messageArbitrary(desc);

    it("is read as protobuf-es reads it", () => {
      fc.assert(
        fc.property(message, (original) => {
          const json: unknown = JSON.parse(JSON.stringify(toJson(desc, original, { useProtoFieldName: true })));
          expect(isDeepStrictEqual(decodeMessage(desc, json), original)).toBe(true);
        }),
        { numRuns },
      );
    });

    it("is read alike with explicit zero values, nulls, and unknown fields", () => {
      fc.assert(
        fc.property(message, (original) => {
          const json = toJson(desc, original, { useProtoFieldName: true, alwaysEmitImplicit: true });
          const nulls = Object.fromEntries(desc.fields.map(({ name }) => [name, null] as const));
          expect(equals(desc, decodeMessage(desc, { ...nulls, ...(withUnknown(json) as object) }), original)).toBe(
            true,
          );
        }),
        { numRuns: Math.ceil(numRuns / 2) },
      );
    });

    it("is written so that protobuf-es reads the same message", () => {
      fc.assert(
        fc.property(message, (original) => {
          const text = encodeMessage(desc, original);
          expect(isDeepStrictEqual(fromJson(desc, JSON.parse(text) as JsonValue), original)).toBe(true);
          expect(text).not.toMatch(/[\r\n]/);
        }),
        { numRuns },
      );
    });
  });
}
