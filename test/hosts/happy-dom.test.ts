// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { runSuites } from "./memory-target.ts";

describe("under happy-dom", () => {
  it("there is a document", () => expect(typeof document).toBe("object"));
  runSuites({ way: 1 });
});
