import type { TestProject } from "vitest/node";
import { readProvided, startProvided } from "./provide.ts";

/** Gives the tests inside of a runtime their servers: those that run already, or, without any, new ones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = readProvided();
  if (running !== undefined) {
    project.provide("etcds", running.etcds);
    return () => Promise.resolve();
  }
  const started = await startProvided(["3.4", "3.5"]);
  project.provide("etcds", started.provided.etcds);
  return started.close;
}
