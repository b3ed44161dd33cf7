import { describe, expect, it } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../e2e/run.ts";
import { root } from "./project.ts";

/** What a test run of these files, in one project each, prints and answers. */
async function runOf(files: Readonly<Record<string, string>>): Promise<{ code: number; lines: string[] }> {
  const folder = mkdtempSync(join(root, "node_modules", ".closing-line-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, `${name}.test.ts`), `import { afterAll, expect, it } from "vitest";\n${text}`);
    }
    const projects = Object.keys(files).map((name) => ({ test: { name, root: folder, include: [`${name}.test.ts`] } }));
    writeFileSync(
      join(folder, "vitest.config.ts"),
      `import { ClosingLine } from "../../scripts/closing-line.ts";
       export default { test: { reporters: [new ClosingLine()], projects: ${JSON.stringify(projects)} } };`,
    );
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const { code, stdout } = await run(process.execPath, [vitest, "run", "--root", folder], { cwd: folder });
    return { code, lines: stdout.trim().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const passing = `it("a", () => {}); it("b", () => {});`;

describe("the closing line of a test run", () => {
  it("counts the tests of all projects", async () => {
    expect(await runOf({ one: passing, two: passing })).toEqual({ code: 0, lines: ["4 passed, 0 failed"] });
  });

  it("counts as failed what no test can be blamed for too, and skipped tests as neither", async () => {
    const { code, lines } = await runOf({
      fine: passing,
      threeOfItsTestsFail: `it.each([1, 2, 3])("a", () => { throw new Error("wrong"); }); it.skip("b", () => {}); ${passing}`,
      cannotBeLoaded: `throw new Error("broken");`,
      hookFailsAfterItsTestsHavePassed: `${passing} afterAll(() => { throw new Error("broken"); });`,
      errorOutsideOfAnyTest: `${passing} setTimeout(() => { throw new Error("late"); });`,
    });
    expect({ code, end: lines.slice(-2) }).toEqual({ code: 1, end: ["1 skipped", "8 passed, 6 failed"] });
  });
});
