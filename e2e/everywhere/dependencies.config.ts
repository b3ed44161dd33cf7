import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig, mergeConfig } from "vitest/config";
import manifest from "../../package.json" with { type: "json" };
import settings from "../../vite.config.ts";
import { FileReporter } from "./reporter.ts";

// The project's tests with the dependencies of another folder, which `FETCD_DEPENDENCIES` names, in place of its own.

const folder = process.env["FETCD_DEPENDENCIES"];
if (folder === undefined) throw new Error("FETCD_DEPENDENCIES names no folder");
const own = fileURLToPath(new URL("../../node_modules/", import.meta.url));
const dependencies = Object.keys(manifest.dependencies);

const others: Plugin = {
  name: "other-dependencies",
  enforce: "pre",
  async resolveId(source, importer, options) {
    // What the tests themselves are made with keeps its own.
    if (importer?.startsWith(own) === true) return null;
    if (!dependencies.some((name) => source === name || source.startsWith(`${name}/`))) return null;
    const found = await this.resolve(source, join(folder, "node_modules/.package-lock.json"), {
      ...options,
      skipSelf: true,
    });
    if (found?.id.startsWith(folder) !== true) throw new Error(`${source} is not in ${folder}: ${found?.id}`);
    return found;
  },
};

export default mergeConfig(
  settings,
  defineConfig({ plugins: [others], test: { reporters: ["default", new FileReporter()] } }),
);
