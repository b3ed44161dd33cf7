import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./find-program.ts";
import type { RuntimeReport } from "./run-in.ts";

/** What the tests of a runtime depend on, beside the runtime. */
const sources = [
  "src",
  "test/suites",
  "test/suites-v2",
  "test/memory/controls.ts",
  "e2e/everywhere/in",
  "package-lock.json",
];
const folder = join(root, ".cache/everywhere/reports");

/** The same as long as the sources are. */
export async function sourceDigest(): Promise<string> {
  const hash = createHash("sha256");
  for (const path of sources) {
    const below = path.includes(".") ? [""] : await readdir(join(root, path), { recursive: true });
    for (const name of below.toSorted().filter((each) => each === "" || each.endsWith(".ts"))) {
      hash.update(`${path}/${name}\n`).update(await readFile(join(root, path, name)));
    }
  }
  return hash.digest("hex");
}

/** Keeps what came out of a runtime, so that it need not run again for the sake of another one. */
export async function keepReport(digest: string, report: RuntimeReport): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(fileOf(report.runtime), JSON.stringify({ digest, report }));
}

/** What came out of a runtime on the same sources; undefined if it has not run on them. */
export async function keptReport(digest: string, runtime: string): Promise<RuntimeReport | undefined> {
  const text = await readFile(fileOf(runtime), "utf8").catch(() => "{}");
  const kept = JSON.parse(text) as { readonly digest?: string; readonly report?: RuntimeReport };
  return kept.digest === digest ? kept.report : undefined;
}

function fileOf(runtime: string): string {
  return join(folder, `${runtime.toLowerCase().replaceAll(" ", "-")}.json`);
}
