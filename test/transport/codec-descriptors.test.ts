import { describe, expect, it, vi } from "vitest";
import { hotDecoders } from "../../src/transport/codec/hot-messages.ts";
import { codecAgreesWithProtobuf } from "./codec-agreement.ts";

vi.mock("../../src/transport/codec/hot-messages.ts", () => ({ hotDecoders: new Map() }));

describe("the codec, every answer decoded from its descriptor", () => {
  it("runs without the decoders written by hand", () => {
    expect(hotDecoders.size).toBe(0);
  });

  codecAgreesWithProtobuf(20);
});
