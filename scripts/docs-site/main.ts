import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { sourceEntries } from "../entries.ts";
import { withSiteLinks } from "./links.ts";
import type { SearchRecord } from "./search/records.ts";
import { namesOf } from "./search/reference.ts";
import { type WrittenPage, writeSearch } from "./search/write-search.ts";
import { sitePages } from "./site-pages.ts";

// `npm run docs`: the pages and the doc comments as a site of static files, which also opens from a disk. `-- FOLDER`
// writes it elsewhere than to site. After a build.

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const repository = manifest.homepage.replace(/#.*$/, "");
const pagesFolder = join(root, ".cache/docs-site");
const readme = "README.md";
const integrity = readFileSync(join(root, "dist/fetcd.browser.js.sri"), "utf8");

// TypeDoc reads programs by TypeScript's API, which TypeScript 7 does not have. API Extractor brings one that does.
const typescript = createRequire(createRequire(import.meta.url).resolve("@microsoft/api-extractor")).resolve(
  "typescript",
);
const hook = `export async function resolve(name, context, next) {
  return name === "typescript" ? { url: ${JSON.stringify(pathToFileURL(typescript).href)}, shortCircuit: true } : next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { Application, DefaultTheme, IndexEvent } = await import("typedoc");

// The messages of `fetcd/proto` are generated, without words.
const entries = sourceEntries(manifest.exports).filter(({ subpath }) => subpath !== "./proto");
/** What programs import an entry by, by the name that TypeDoc gives it. */
const entryNames = new Map(
  entries.map(({ source, subpath }) => [
    source.replace(/(?:\/index)?\.ts$/, ""),
    `${manifest.name}${subpath.slice(1)}`,
  ]),
);

/** Writes the pages as TypeDoc is to read them: with their titles, and links that hold in the site. */
function writePages(): void {
  rmSync(pagesFolder, { recursive: true, force: true });
  // Without the first one, which TypeDoc links as a folder: from a disk that opens no page.
  const pages = new Set(sitePages.map(({ path }) => path));
  for (const { path, title } of [{ path: readme, title: undefined }, ...sitePages]) {
    const text = withSiteLinks(readPage(path), path, { root, folder: pagesFolder, pages, repository });
    const file = join(pagesFolder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, title === undefined ? text : `---\ntitle: ${JSON.stringify(title)}\n---\n\n${text}`);
  }
}

/** With the hash of the file that was built, where a page has "sha384-…". */
const readPage = (path: string): string =>
  readFileSync(join(root, path), "utf8").replaceAll("sha384-…", () => integrity.trim());

async function build(out: string): Promise<void> {
  writePages();
  const app = await Application.bootstrap({
    name: manifest.name,
    readme: join(pagesFolder, readme),
    projectDocuments: sitePages.map(({ path }) => join(pagesFolder, path)),
    entryPoints: entries.map(({ source }) => join(root, source)),
    tsconfig: join(root, "tsconfig.json"),
    // tsc does that, by the version that the project is written for.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableGit: true,
    gitRevision: "main",
    sourceLinkTemplate: `${repository}/blob/{gitRevision}/{path}#L{line}`,
    basePath: root,
    navigationLinks: { Repository: repository },
    validation: { invalidLink: true, invalidPath: true, notExported: false, notDocumented: false },
    highlightLanguages:
      "bash sh console javascript mjs typescript jsx tsx json jsonc yaml toml html css vue svelte nginx python go".split(
        " ",
      ),
    ignoredHighlightLanguages: ["capnp", "caddyfile"],
    hideGenerator: true,
  });
  let names: SearchRecord[] = [];
  let pages: WrittenPage[] = [];
  // The pages search with a program of their own, by sections. TypeDoc's search knows whole pages.
  app.renderer.on(IndexEvent.PREPARE_INDEX, (event: InstanceType<typeof IndexEvent>) => {
    const { router, theme } = app.renderer;
    if (router === undefined || !(theme instanceof DefaultTheme)) throw new Error("the names have no pages yet");
    pages = event.searchResults
      .filter((found) => found.isDocument())
      .map((page) => ({ url: router.getFullUrl(page), title: page.name }));
    names = namesOf(event.searchResults, {
      url: (name) => router.getFullUrl(name),
      icon: (name) => theme.getReflectionIcon(name),
      classes: (name) => (name.isDeclaration() ? theme.getReflectionClasses(name) : ""),
    });
    event.searchResults = [];
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("the sources could not be read");
  for (const entry of project.children ?? []) entry.name = entryNames.get(entry.name) ?? entry.name;
  await app.generateDocs(project, out);
  await writeSearch(out, [{ url: "index.html", title: "Start" }, ...pages], names);
  if (app.logger.hasWarnings() || app.logger.hasErrors()) throw new Error("what is above has to be mended");
}
await build(process.argv[2] ?? join(root, "site"));
