import { create, type DescMessage } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as proto from "../../src/proto.ts";
import { createMessage } from "../../src/transport/codec/create-message.ts";
import { messageArbitrary } from "./message-arbitrary.ts";

const requests: readonly DescMessage[] = [
  proto.TxnRequestSchema,
  proto.WatchRequestSchema,
  proto.RangeRequestSchema,
  proto.AuthUserAddRequestSchema,
];

describe("a message that is completed", () => {
  it.each(requests.map((desc) => [desc.typeName, desc] as const))("is what protobuf-es creates: %s", (_name, desc) => {
    const sparse = fc.tuple(messageArbitrary(desc), fc.func(fc.boolean()));
    fc.assert(
      fc.property(sparse, ([message, drop]) => {
        const { $typeName: _type, ...fields } = message as unknown as Record<string, unknown>;
        const given = Object.fromEntries(Object.entries(fields).filter(([name]) => !drop(name)));
        expect(createMessage(desc, given)).toEqual(create(desc, given));
      }),
    );
  });

  it("is the same object if it is complete already", () => {
    const message = create(proto.PutRequestSchema, { lease: 3n });
    expect(createMessage(proto.PutRequestSchema, message)).toBe(message);
  });
});
