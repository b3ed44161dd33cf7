import { describe } from "vitest";
import { callSuite } from "./client-calls.ts";
import { closeSuite } from "./client-close.ts";
import { inputSuite } from "./client-inputs.ts";
import { optionSuite } from "./client-options.ts";
import type { Connect } from "./connect.ts";

/** What all calls of a client have in common. */
export function clientSuite(connect: Connect): void {
  describe("options", () => optionSuite(connect));
  describe("arguments", () => inputSuite(connect));
  describe("calls", () => callSuite(connect));
  describe("close", () => closeSuite(connect));
}
