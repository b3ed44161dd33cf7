import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { readText, root } from "./project.ts";

const page = readText("CONTRIBUTING.md");

it("the map says of every folder of src what it is for, and of no other", () => {
  const mapped = [...page.matchAll(/^\| `(src\/[^`]*)\/` \|/gm)].map(([, folder]) => folder);
  const folders = readdirSync(`${root}/src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`.replaceAll("\\", "/").replace(/^\/+/, ""))
    .filter((folder) => !folder.startsWith("src/gen/"));
  expect(new Set(mapped)).toEqual(new Set(folders));
  expect(mapped).toHaveLength(folders.length);
});

it("the walks name functions that are in the files they lead to", () => {
  const walks = page.slice(page.indexOf("## Walks"), page.indexOf("## Rules"));
  const steps = walks.split(/^(?=\d\. |\*\*)/m).filter((step) => step.includes("]("));
  expect(steps.length).toBeGreaterThan(15);
  const missing = steps.flatMap((step) => {
    const code = [...step.matchAll(/\]\(([^)]*)\)/g)].map(([, path = ""]) => readText(path)).join("\n");
    // A name of code, and no file, service or product: `acquire`, `keyOf`, `LockTimeout`.
    const names = [...step.matchAll(/`([A-Za-z]\w*)`(?!\])/g)].map(([, name = ""]) => name);
    return names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code)).map((name) => `${name}: ${step.trim()}`);
  });
  expect(missing).toEqual([]);
});
