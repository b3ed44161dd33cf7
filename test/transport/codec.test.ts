import { describe } from "vitest";
import { codecAgreesWithProtobuf } from "./codec-agreement.ts";

describe("the codec, hot answers decoded by hand", () => {
  codecAgreesWithProtobuf(60);
});
