import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { launchBrowser } from "../browser.ts";
import { run } from "../run.ts";
import { rigFolder } from "../watchdog.ts";
import { startWorkerd } from "../start-workerd.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A program with all cases of flagd's documentation in it. */
async function bundled(main: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { failedCases } from "./test/flags/cases/run-flag-case.ts";\n${main}`,
      resolveDir: root,
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** Shows that code from strings is refused there, and that all cases come out as they should. */
const report = `let refused = false;
  try { new Function("return 1")(); } catch { refused = true; }
  const text = JSON.stringify({ refused, failed: await failedCases() });`;
const good = { refused: true, failed: [] };

describe("flags, where no code may be made from strings", () => {
  it("are evaluated in Node", async () => {
    const folder = rigFolder();
    try {
      const file = join(folder.path, "cases.mjs");
      writeFileSync(file, await bundled(`${report}\nconsole.log(text);`));
      const { stdout, stderr } = await run(process.execPath, ["--disallow-code-generation-from-strings", file]);
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toEqual(good);
    } finally {
      folder.remove();
    }
  });

  it("are evaluated in workerd", async () => {
    const code = await bundled(`export default { async fetch() {\n${report}\nreturn new Response(text); } };`);
    await using worker = await startWorkerd({ code, bindings: {} });
    expect(await (await fetch(worker.url)).json()).toEqual(good);
  });

  it("are evaluated in Chromium under a content security policy", async () => {
    const code = await bundled(`${report}\ndocument.title = text;`);
    const server = createServer((request, response) => {
      const script = request.url === "/cases.js";
      response.setHeader("content-type", script ? "text/javascript" : "text/html");
      response.setHeader("content-security-policy", "default-src 'none'; script-src 'self'");
      response.end(script ? code : '<!doctype html><script type="module" src="/cases.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await launchBrowser("chromium");
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("document.title.startsWith('{')");
      expect(JSON.parse(await page.title())).toEqual(good);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
