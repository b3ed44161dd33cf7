import { describe } from "vitest";
import type { Connect } from "./connect.ts";
import { watchEndSuite } from "./watch-ends.ts";
import { watchEventSuite } from "./watch-events.ts";
import { watchOnceSuite } from "./watch-once.ts";
import { watchResyncSuite } from "./watch-resync.ts";
import { watchRevisionSuite } from "./watch-revisions.ts";

/** Watches over streams that hold. What becomes of them when streams break takes a server to break. */
export function watchSuite(connect: Connect): void {
  describe("events", () => watchEventSuite(connect));
  describe("revisions", () => watchRevisionSuite(connect));
  describe("ends", () => watchEndSuite(connect));
  describe("resync", () => watchResyncSuite(connect));
  describe("watchOnce", () => watchOnceSuite(connect));
}
