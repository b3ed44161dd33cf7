import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denoPath } from "../../e2e/everywhere/runtimes.ts";
import { run } from "../../e2e/run.ts";
import { typeFaults } from "./consumer-types.ts";
import { entries, manifest, root } from "./project.ts";

/** A folder of somebody who has installed the package as npm would. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), "fetcd-consumer-")));
const installed = join(folder, "node_modules", manifest.name);
const specifiers = entries.map(({ subpath }) => manifest.name + subpath.slice(1));

beforeAll(() => {
  const report = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  const [archive] = JSON.parse(report.toString()) as [{ filename: string }];
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, archive.filename), "-C", installed, "--strip-components=1"]);
  // A user of a provider has an SDK of OpenFeature, and this with either of them: no more may be needed.
  for (const name of [...Object.keys(manifest.dependencies), "@openfeature/core", "@types/node"]) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("a program that has installed the package", () => {
  it.each([
    ["Node, where code from strings is forbidden", [process.execPath, "--disallow-code-generation-from-strings"]],
    ["Bun", [join(root, "node_modules/.bin/bun")]],
    ["Deno", [denoPath(), "run", "-A", "--cached-only"]],
  ])("imports it by every subpath in %s", async (_, [program = "", ...args]) => {
    const code = `for (const name of ${JSON.stringify(specifiers)}) {
      const module = await import(name);
      if (Object.keys(module).length === 0 || "default" in module) throw new Error(name);
      console.log(name);
    }`;
    writeFileSync(join(folder, "imports.js"), code);
    expect(await run(program, [...args, "imports.js"], { cwd: folder })).toEqual({
      code: 0,
      stdout: `${specifiers.join("\n")}\n`,
      stderr: "",
    });
  });

  it("requires it by every subpath", async () => {
    const code = `for (const name of ${JSON.stringify(specifiers)}) console.log(Object.keys(require(name)).length > 0)`;
    const args = ["--no-warnings", "--input-type=commonjs", "-e", code];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: "true\n".repeat(specifiers.length), stderr: "" });
  });

  const forPages = specifiers.filter((name) => !name.endsWith("/node"));

  it("is bundled with it by esbuild without a warning", async () => {
    const contents = forPages.map((name, i) => `export * as m${i} from "${name}";`).join("\n");
    const stdin = { contents, resolveDir: folder };
    const { warnings } = await esbuild({ stdin, bundle: true, write: false, format: "esm", logLevel: "silent" });
    expect(warnings).toEqual([]);
  });

  it("is bundled with it by Vite, and so by Rolldown, without a warning", async () => {
    const input = join(folder, "bundled.js");
    writeFileSync(input, forPages.map((name, i) => `export * as m${i} from "${name}";`).join("\n"));
    const warnings: string[] = [];
    const onwarn = ({ message = "" }): void => void warnings.push(message);
    const lib = { entry: input, formats: ["es" as const], fileName: "out" };
    const build = { lib, write: false, rolldownOptions: { onwarn } };
    await vite({ root: folder, configFile: false, logLevel: "silent", build });
    expect(warnings).toEqual([]);
  });

  it("finds nothing below its subpaths", async () => {
    const args = ["--input-type=module", "-e", `await import("${manifest.name}/dist/index.js")`];
    expect((await run(process.execPath, args, { cwd: folder })).stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  it.each([
    ["as Node does", { module: "nodenext", types: [] }],
    ["as a bundler does", { module: "esnext", moduleResolution: "bundler", types: [] }],
    ["without a DOM", { module: "nodenext", lib: ["es2022"], types: ["node"] }],
  ])("finds types behind each subpath, %s: not any, and without an error of their own", async (_, options) => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(await typeFaults(tsc, folder, options, specifiers)).toEqual([]);
  });

  it("exports what it has of the package, and writes declarations of that", async () => {
    const own = join(folder, "exporting");
    mkdirSync(own);
    const code = `import { compare, createEtcd, type GatewayOptions, op, type TransportOptions } from "${manifest.name}";
      import { createFlags } from "${manifest.name}/flags";
      import { createEtcdV2, type EtcdV2Options } from "${manifest.name}/v2";
      export const builders = { compare, createEtcd, createEtcdV2, createFlags, op };
      export const ways = ({ fetch, interceptors }: GatewayOptions, { transport }: TransportOptions) => ({ fetch, interceptors, transport });
      export const way = ({ fetch }: EtcdV2Options) => fetch;`;
    writeFileSync(join(own, "program.ts"), code);
    const compilerOptions = {
      declaration: true,
      emitDeclarationOnly: true,
      strict: true,
      module: "nodenext",
      types: [],
    };
    writeFileSync(join(own, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { code: exit, stdout } = await run(process.execPath, [tsc, "-p", own], { cwd: folder });
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: "" });
  });
});
