import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { entryModules } from "../../scripts/entries.ts";
import { entries, root } from "./project.ts";
import { tarballFaults } from "./tarball-rules.ts";

describe("the published package", () => {
  it("holds the build and the papers, and nothing else", () => {
    const report = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root });
    const [archive] = JSON.parse(report.toString()) as [{ files: { path: string }[] }];
    const packed = archive.files.map(({ path }) => path);
    const modules = entries.map(({ name }) => name);
    const others = entryModules(entries).map(({ name }) => name);
    expect(tarballFaults(packed, modules, ["cli/main", ...others])).toEqual([]);
    const targets = modules.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]);
    expect(packed).toEqual(expect.arrayContaining(targets));
  });
});

describe("the list of published files", () => {
  const papers = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "llms.txt", "package.json"];
  const page = ["index.html", "THIRD-PARTY-LICENSES.txt", "assets/index-1.js.gz"].map((file) => `dist/ui/${file}`);
  const browser = ["dist/fetcd.browser.js", "dist/fetcd.browser.js.sri"];
  const build = [
    "dist/a.js",
    "dist/a.d.ts",
    "dist/chunks/b.js",
    "dist/types/b.d.ts",
    "dist/THIRD-PARTY-LICENSES.txt",
    ...browser,
  ];
  const fine = [...papers, ...build, ...page];

  it("allows chunks and pages", () => {
    expect(tarballFaults([...fine, "docs/a.md"], ["a"])).toEqual([]);
  });

  it.each([
    ["a test", [...fine, "test/a.test.ts"], "test/a.test.ts does not belong in the package"],
    ["what an old build left", [...fine, "dist/old.js"], "dist/old.js does not belong in the package"],
    [
      "a script of the page that is not compressed",
      [...fine, "dist/ui/assets/a.js"],
      "dist/ui/assets/a.js does not belong in the package",
    ],
    ["no licence", fine.filter((file) => file !== "LICENSE"), "LICENSE is missing"],
    ["no declarations", fine.filter((file) => !file.endsWith(".d.ts")), "dist/a.d.ts is missing"],
    ["no page", fine.filter((file) => file !== "dist/ui/index.html"), "dist/ui/index.html is missing"],
    ["no program", fine, "dist/cli/main.js is missing"],
  ])("is refused with %s", (_, files, fault) => {
    expect(tarballFaults(files, ["a"], ["cli/main"])).toContain(fault);
  });
});
