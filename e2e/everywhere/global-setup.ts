import type { TestProject } from "vitest/node";
import { type Provided, readProvided, startProvided } from "./provide.ts";

/** Gives the tests inside of a runtime their servers: those that run already, or, without any, new ones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const provide = ({ etcds, etcdsV2, onlySuites, control }: Provided): void => {
    project.provide("etcds", etcds);
    project.provide("etcdsV2", etcdsV2);
    project.provide("onlySuites", onlySuites);
    project.provide("control", control);
  };
  const running = readProvided();
  if (running !== undefined) {
    provide(running);
    return () => Promise.resolve();
  }
  const started = await startProvided(["3.4", "3.5"]);
  provide(started.provided);
  return started.close;
}
