import { describe } from "vitest";
import type { Connect } from "./connect.ts";
import { compareSuite } from "./txn-compares.ts";
import { stepSuite } from "./txn-steps.ts";

/** Transactions: their conditions and their steps. */
export function txnSuite(connect: Connect): void {
  describe("conditions", () => compareSuite(connect));
  describe("steps", () => stepSuite(connect));
}
