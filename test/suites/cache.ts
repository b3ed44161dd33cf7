import { describe } from "vitest";
import { cacheContentSuite } from "./cache-content.ts";
import { cacheEndSuite } from "./cache-ends.ts";
import { cacheParseSuite } from "./cache-parse.ts";
import type { Connect } from "./connect.ts";

/** Caches over connections that hold. What becomes of them when those break takes a server to break. */
export function cacheSuite(connect: Connect): void {
  describe.each(["watch", "poll"] as const)("%s", (mode) => cacheContentSuite(connect, mode));
  describe("parse", () => cacheParseSuite(connect));
  describe("ends", () => cacheEndSuite(connect));
}
