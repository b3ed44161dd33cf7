import { type DescMessage, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import * as proto from "../../src/proto.ts";
import { wireSize } from "../../src/gateway-server/wire-size.ts";
import { messageArbitrary } from "../transport/message-arbitrary.ts";

const measured: readonly DescMessage[] = [
  proto.PutRequestSchema,
  proto.TxnRequestSchema,
  proto.WatchRequestSchema,
  proto.LeaseGrantRequestSchema,
  proto.MemberListResponseSchema,
  proto.AuthRoleGrantPermissionRequestSchema,
];

it.each(measured.map((desc) => [desc.typeName, desc] as const))(
  "the size of a message is that of its binary form: %s",
  (_name, desc) => {
    fc.assert(
      fc.property(messageArbitrary(desc), (message) => {
        expect(wireSize(desc, message)).toBe(toBinary(desc, message).length);
      }),
    );
  },
);
