import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { gzipAssets } from "../scripts/gzip-assets.ts";
import { thirdPartyLicenses } from "../scripts/third-party-licenses.ts";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The page of `fetcd ui`: files that may be hosted anywhere, once they are inflated. */
export default defineConfig({
  root: fromRoot("ui"),
  base: "./",
  // The page is made of the source of the package, so that it needs no build before its own.
  resolve: {
    alias: [
      { find: /^fetcd$/, replacement: fromRoot("src/index.ts") },
      { find: /^fetcd\/flags$/, replacement: fromRoot("src/flags/index.ts") },
    ],
  },
  plugins: [thirdPartyLicenses(), gzipAssets()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // All of these know light-dark().
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: fromRoot("dist/ui"),
    emptyOutDir: true,
    // What a page of a strict Content Security Policy could not do: data: fonts, and a polyfill that no browser needs.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
});
