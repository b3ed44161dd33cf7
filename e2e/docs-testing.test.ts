import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { docExamples, exampleFolder } from "./doc-examples.ts";
import { run } from "./run.ts";

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const environments = ["node", "happy-dom", "jsdom"] as const;

it("The tests of docs/testing.md pass in each environment that it names", async () => {
  const page = await readFile(new URL("../docs/testing.md", import.meta.url), "utf8");
  expect(environments.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const [example] = await docExamples("docs/testing.md", ["mjs"]);
  if (example === undefined) throw new Error("the page has no test");

  const folder = await exampleFolder();
  onTestFinished(() => folder.remove());
  const files = await Promise.all(
    environments.map((name) =>
      folder.write({ ...example, heading: name, code: `// @vitest-environment ${name}\n${example.code}` }),
    ),
  );
  const cwd = dirname(files[0] ?? "");
  // Of the user's own, so that this project's is not taken.
  const config = { test: { include: environments.map((name) => `${name}.mjs`), reporters: "json" } };
  await writeFile(join(cwd, "vitest.config.mjs"), `export default ${JSON.stringify(config)};\n`);
  const { code, stdout, stderr } = await run(process.execPath, [vitest, "run"], { cwd });
  expect({ code, said: stdout + stderr }).toMatchObject({
    code: 0,
    said: expect.stringContaining(`"numPassedTests":${environments.length * 2}`),
  });
}, 120_000);
