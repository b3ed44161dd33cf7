import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a test run with one plain line, `N passed, N failed`, over all projects, for programs that read the log.
 * A file that could not be loaded, an error outside of any test, and a test left without a result each count as
 * failed; skipped tests count as neither and get a line of their own before it.
 */
export class ClosingLine implements Reporter {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void = (line) => process.stdout.write(`${line}\n`)) {
    this.#print = print;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    let skipped = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "skipped") skipped += 1;
        else failedHere += 1;
      }
      // Its own fault, such as an import that throws or a hook, when no test of it can be blamed.
      failed += failedHere === 0 && !module.ok() ? 1 : failedHere;
    }
    if (modules.length === 0) failed += 1;
    if (skipped > 0) this.#print(`${skipped} skipped`);
    this.#print(`${passed} passed, ${failed} failed`);
  }
}
