const papers = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "llms.txt", "package.json"];

/**
 * One sentence for each file that is in the published archive and should not be, or the other way round. The pages of
 * docs may be, chunks that modules or declarations share, and what the page of `fetcd ui` is made of, compressed. `modules`: what is imported by
 * name, "index" for dist/index.js; each has its declarations beside it. `programs`: what is run.
 */
export function tarballFaults(
  files: readonly string[],
  modules: readonly string[],
  programs: readonly string[] = [],
): string[] {
  const packed = new Set(files);
  const required = new Set([
    ...papers,
    ...modules.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]),
    ...programs.map((name) => `dist/${name}.js`),
    "dist/THIRD-PARTY-LICENSES.txt",
    "dist/fetcd.browser.js",
    "dist/fetcd.browser.js.sri",
    "dist/ui/index.html",
    "dist/ui/THIRD-PARTY-LICENSES.txt",
  ]);
  return [
    ...[...required].filter((file) => !packed.has(file)).map((file) => `${file} is missing`),
    ...files
      .filter(
        (file) =>
          !required.has(file) &&
          !/^docs\/[^/]+\.md$/.test(file) &&
          !/^dist\/(?:chunks\/[^/]+\.js|types\/[^/]+\.d\.ts|ui\/assets\/[^/]+\.(?:js|css)\.gz)$/.test(file),
      )
      .map((file) => `${file} does not belong in the package`),
  ];
}
