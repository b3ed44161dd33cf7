import { join } from "node:path";
import { describe, expect, it } from "vitest";
import jsr from "../../jsr.json" with { type: "json" };
import { run } from "../../e2e/run.ts";
import { entries, manifest, root } from "./project.ts";

describe("jsr.json", () => {
  it("is of this version and licence, and has the entries of the package, as their sources", () => {
    expect(jsr.version).toBe(manifest.version);
    expect(jsr.license).toBe(manifest.license);
    expect(jsr.exports).toEqual(Object.fromEntries(entries.map(({ subpath, source }) => [subpath, `./${source}`])));
  });

  it("can be published: types are written out, and each import leads to something", async () => {
    const deno = join(root, "node_modules/@deno/linux-x64-glibc/deno");
    const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    const { code, stdout, stderr } = await run(deno, ["publish", "--dry-run", "--allow-dirty"], { cwd: root, env });
    const said = stdout + stderr;
    expect(said).toContain(`Simulating publish of ${jsr.name}@${jsr.version}`);
    expect(code).toBe(0);
    expect(said).not.toMatch(/warning|slow-type|error/i);
    // It imports the package by its name, which is another one there.
    expect(said).not.toContain("/src/cli/");
    for (const { source } of entries) expect(said).toContain(join(root, source));
  }, 180_000);
});
