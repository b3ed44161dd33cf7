import { describe } from "vitest";
import type { Connect } from "./connect.ts";
import { deleteSuite } from "./kv-deletes.ts";
import { lsSuite } from "./kv-ls.ts";
import { rangeSuite } from "./kv-range.ts";
import { readSuite } from "./kv-reads.ts";
import { scanSuite } from "./kv-scan.ts";
import { sizeSuite } from "./kv-sizes.ts";
import { conditionalSuite } from "./kv-conditional.ts";
import { putSuite } from "./kv-puts.ts";

/** Keys and values, one call at a time. */
export function kvSuite(connect: Connect): void {
  describe("reading keys", () => readSuite(connect));
  describe("range", () => rangeSuite(connect));
  describe("scan", () => scanSuite(connect));
  describe("ls", () => lsSuite(connect));
  describe("put", () => putSuite(connect));
  describe("sizes", () => sizeSuite(connect));
  describe("create, replace, update", () => conditionalSuite(connect));
  describe("delete, pop, compact", () => deleteSuite(connect));
}
