import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../e2e/run.ts";
import { entryModules } from "../../scripts/entries.ts";
import { entries, manifest, root } from "./project.ts";
import { tarballFaults } from "./tarball-rules.ts";

/** A folder of somebody who has installed the package as npm would. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), "fetcd-consumer-")));
const installed = join(folder, "node_modules", manifest.name);
const specifiers = entries.map(({ subpath }) => manifest.name + subpath.slice(1));
let packed: readonly string[] = [];

beforeAll(() => {
  const report = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  const [archive] = JSON.parse(report.toString()) as [{ filename: string; files: { path: string }[] }];
  packed = archive.files.map(({ path }) => path);
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

async function typeErrors(file: string, options: readonly string[]): Promise<string[]> {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const args = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "false", ...options];
  const { stdout } = await run(process.execPath, [tsc, ...args, file], { cwd: folder });
  return stdout.split("\n").filter((line) => /^\S/.test(line));
}

describe("the published package", () => {
  it("holds the build and the papers: nothing else", () => {
    const modules = entries.map(({ name }) => name);
    const others = entryModules(entries).map(({ name }) => name);
    expect(tarballFaults(packed, modules, ["cli/main", ...others])).toEqual([]);
  });

  it("has a module with declarations behind every subpath", () => {
    const targets = entries.flatMap(({ name }) => [`dist/${name}.js`, `dist/${name}.d.ts`]);
    expect(packed).toEqual(expect.arrayContaining(targets));
  });

  it("can be imported by every subpath, where code from strings is forbidden too", async () => {
    const code = `for (const name of ${JSON.stringify(specifiers)}) {
      const module = await import(name);
      if (Object.keys(module).length === 0 || "default" in module) throw new Error(name);
      console.log(name);
    }`;
    const args = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", code];
    expect(await run(process.execPath, args, { cwd: folder })).toEqual({
      code: 0,
      stdout: `${specifiers.join("\n")}\n`,
      stderr: "",
    });
  });

  it("can be required by every subpath", async () => {
    const code = `for (const name of ${JSON.stringify(specifiers)}) console.log(Object.keys(require(name)).length > 0)`;
    const args = ["--no-warnings", "--input-type=commonjs", "-e", code];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: "true\n".repeat(specifiers.length), stderr: "" });
  });

  const forPages = specifiers.filter((name) => !name.endsWith("/node"));

  it("is bundled by esbuild without a warning", async () => {
    const contents = forPages.map((name, i) => `export * as m${i} from "${name}";`).join("\n");
    const stdin = { contents, resolveDir: folder };
    const { warnings } = await esbuild({ stdin, bundle: true, write: false, format: "esm", logLevel: "silent" });
    expect(warnings).toEqual([]);
  });

  it("is bundled by Vite, and so by Rolldown, without a warning", async () => {
    const input = join(folder, "bundled.js");
    writeFileSync(input, forPages.map((name, i) => `export * as m${i} from "${name}";`).join("\n"));
    const warnings: string[] = [];
    const onwarn = ({ message = "" }): void => void warnings.push(message);
    const lib = { entry: input, formats: ["es" as const], fileName: "out" };
    const build = { lib, write: false, rolldownOptions: { onwarn } };
    await vite({ root: folder, configFile: false, logLevel: "silent", build });
    expect(warnings).toEqual([]);
  });

  it("has types that need no DOM", async () => {
    const uses = specifiers.map((name, i) => `export * as m${i} from "${name}";`);
    writeFileSync(join(folder, "no-dom.ts"), uses.join("\n"));
    const options = ["--module", "nodenext", "--lib", "es2022", "--types", "node"];
    expect(await typeErrors("no-dom.ts", options)).toEqual([]);
  });

  it("cannot be imported below its subpaths", async () => {
    const args = ["--input-type=module", "-e", `await import("${manifest.name}/dist/index.js")`];
    expect((await run(process.execPath, args, { cwd: folder })).stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  it.each([
    ["Node", ["--module", "nodenext"]],
    ["a bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ] as const)(
    "has types behind each subpath as %s finds them: not any, and without an error of their own",
    async (_, options) => {
      const uses = specifiers.map(
        (name, index) => `import * as m${index} from "${name}"; export const n${index}: number = m${index};`,
      );
      writeFileSync(join(folder, "consumer.ts"), uses.join("\n"));
      const errors = await typeErrors("consumer.ts", ["--types", "", ...options]);
      // The one mistake of each line, which disappears if the module's type is any.
      const mistakes = specifiers.map((_name, index) =>
        expect.stringMatching(`^consumer\\.ts\\(${index + 1},.* error TS2322: `),
      );
      expect(errors).toEqual(mistakes);
    },
  );
});

describe("the list of published files", () => {
  const papers = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "llms.txt", "package.json"];
  const page = ["index.html", "THIRD-PARTY-LICENSES.txt", "assets/index-1.js"].map((file) => `dist/ui/${file}`);
  const browser = ["dist/fetcd.browser.js", "dist/fetcd.browser.js.sri"];
  const build = ["dist/a.js", "dist/a.d.ts", "dist/chunks/b.js", "dist/THIRD-PARTY-LICENSES.txt", ...browser];
  const fine = [...papers, ...build, ...page];

  it("allows chunks and pages", () => {
    expect(tarballFaults([...fine, "docs/a.md"], ["a"])).toEqual([]);
  });

  it.each([
    ["a test", [...fine, "test/a.test.ts"], "test/a.test.ts does not belong in the package"],
    ["what an old build left", [...fine, "dist/old.js"], "dist/old.js does not belong in the package"],
    ["no licence", fine.filter((file) => file !== "LICENSE"), "LICENSE is missing"],
    ["no declarations", fine.filter((file) => !file.endsWith(".d.ts")), "dist/a.d.ts is missing"],
    ["no page", fine.filter((file) => file !== "dist/ui/index.html"), "dist/ui/index.html is missing"],
    ["no program", fine, "dist/cli/main.js is missing"],
  ])("is refused with %s", (_, files, fault) => {
    expect(tarballFaults(files, ["a"], ["cli/main"])).toContain(fault);
  });
});
