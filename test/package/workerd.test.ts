import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import type * as Package from "../../src/index.ts";
import { root } from "./project.ts";

/** The build of the package, as a bundler with these conditions resolves it. */
async function bundled(conditions: readonly string[]): Promise<typeof Package> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from "fetcd"`, resolveDir: root },
    absWorkingDir: root,
    // The project's own settings would lead its name to src.
    tsconfigRaw: {},
    conditions: [...conditions],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  return (await import(`data:text/javascript;base64,${code}`)) as typeof Package;
}

// As wrangler, Vite's plugin for Workers and plain programs ask for them.
const conditions = [
  ["wrangler", ["workerd", "worker", "browser"], false],
  ["a browser", ["browser"], true],
  ["no condition", [], true],
] as const;

describe("the package under the workerd condition", () => {
  it.each(conditions)("shares requests by default or not, as a bundler resolves it: %s", async (_, asked, shared) => {
    const { createEtcd } = await bundled(asked);
    const clients = [createEtcd(), createEtcd({ shareRequests: true }), createEtcd({ shareRequests: false })];
    expect(clients.map(({ shareRequests }) => shareRequests)).toEqual([shared, true, false]);
    await Promise.all(clients.map((client) => client.close()));
  });

  it("has the same names", async () => {
    expect(Object.keys(await bundled(["workerd"]))).toEqual(Object.keys(await bundled([])));
  });
});
