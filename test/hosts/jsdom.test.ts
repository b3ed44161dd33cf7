// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { runSuites } from "./memory-target.ts";

describe("under jsdom", () => {
  it("there are two realms: what makes this place worth a test", () => {
    expect(new TextEncoder().encode("a") instanceof Uint8Array).toBe(false);
    expect(typeof document).toBe("object");
  });
  runSuites({ way: 0 });
});
