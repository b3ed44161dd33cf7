import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import manifest from "../package.json" with { type: "json" };

// The last step of `npm run build`: all of `fetcd` as one file, for pages without npm or without the internet, and beside
// it the hash that a page can hold it to.

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const file = `${dist}fetcd.browser.js`;

await build({
  entryPoints: [`${dist}index.js`],
  outfile: file,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  banner: { js: `/*! ${manifest.name} ${manifest.version}, ${manifest.license} */` },
  logLevel: "warning",
});
writeFileSync(`${file}.sri`, `sha384-${createHash("sha384").update(readFileSync(file)).digest("base64")}\n`);
