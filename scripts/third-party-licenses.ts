import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/** Writes the licences of the packages whose code is in the build: each asks for its text to go along. Each text is there once. */
export function thirdPartyLicenses(): Plugin {
  return {
    name: "third-party-licenses",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).flatMap((output) => (output.type === "chunk" ? output.moduleIds : []));
      const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
      const byText = new Map<string, string[]>();
      for (const { of, text } of [...folders].toSorted().map(licence)) {
        byText.set(text, [...(byText.get(text) ?? []), of]);
      }
      const source = [...byText].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`);
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY-LICENSES.txt", source: source.join("\n\n") });
    },
  };
}

function packageFolder(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file.replace(/^\0/, ""))?.[0];
}

/** Which package it is of, and its text. Throws an Error where there is none to go along. */
function licence(folder: string): { readonly of: string; readonly text: string } {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${folder} has no licence file, in ${dirname(folder)}`);
  return { of: `${name} ${version}`, text: readFileSync(join(folder, file), "utf8").trim() };
}
