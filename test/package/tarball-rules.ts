const besides = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "llms.txt", "package.json"];

/**
 * One sentence for each file that is in the published archive and should not be, or the other way round. The pages of
 * docs may be.
 * `sources`: the modules of src, "src/index.ts". Each is published with its declarations, both with maps;
 * modules of types alone build to no JavaScript. `entries`, those of them that only pass on, have nothing to map.
 */
export function tarballFaults(
  files: readonly string[],
  sources: readonly string[],
  entries: readonly string[],
): string[] {
  const inDist = (source: string): string => source.replace(/^src\//, "dist/").replace(/\.ts$/, "");
  const packed = new Set(files);
  const built = sources.map(inDist);
  const mapless = new Set(entries.map((source) => `${inDist(source)}.js`));
  const required = [...besides, ...sources, ...built.flatMap((name) => [`${name}.d.ts`, `${name}.d.ts.map`])];
  const allowed = new Set([...required, ...built.flatMap((name) => [`${name}.js`, `${name}.js.map`])]);
  return [
    ...required.filter((file) => !packed.has(file)).map((file) => `${file} is missing`),
    ...files
      .filter((file) => !allowed.has(file) && !/^docs\/.+\.md$/.test(file))
      .map((file) => `${file} does not belong in the package`),
    ...files
      .filter((file) => file.endsWith(".js") && !mapless.has(file) && !packed.has(`${file}.map`))
      .map((file) => `${file} has no source map`),
  ];
}
