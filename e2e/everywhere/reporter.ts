import { writeFile } from "node:fs/promises";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

/** What became of one test inside of a runtime. */
export interface TestReport {
  /** The names of the `describe`s around it, from the outside, and its own. */
  readonly path: readonly string[];
  readonly passed: boolean;
  /** The known limit that it has shown. */
  readonly limit?: string | undefined;
  readonly error?: string | undefined;
}

/** Writes what became of all tests to the file that `FETCD_REPORT` names. */
export class FileReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Promise<void> {
    const reports: TestReport[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) reports.push(reportOf(test));
      for (const error of module.errors()) reports.push(failure(module.moduleId, error));
    }
    for (const error of unhandled) reports.push(failure("outside of tests", error));
    const file = process.env["FETCD_REPORT"];
    if (file !== undefined) await writeFile(file, JSON.stringify(reports));
  }
}

function reportOf(test: TestCase): TestReport {
  const path = [test.name];
  for (let parent = test.parent; parent.type === "suite"; parent = parent.parent) path.unshift(parent.name);
  const { state, errors } = test.result();
  const error = errors?.map(({ message }) => message).join("\n") ?? (state === "passed" ? undefined : state);
  return { path, passed: state === "passed", limit: test.meta().limit, error };
}

function failure(where: string, { message, stack }: SerializedError): TestReport {
  return { path: [where], passed: false, error: stack ?? message };
}
