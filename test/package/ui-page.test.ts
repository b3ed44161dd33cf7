import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { root } from "./project.ts";

const folder = `${root}/dist/ui`;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.(?:gz|html)$/.test(file));

describe("the page of fetcd ui", () => {
  it("weighs 250 kB at most, compressed", () => {
    const sizes = files.map((file) => statSync(`${folder}/${file}`).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(250_000);
  });

  it("holds nothing that its policy forbids: scripts and styles in the page, and other origins", () => {
    const html = readFileSync(`${folder}/index.html`, "utf8");
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)| on\w+=| style=/);
    expect(html.match(/(?:src|href)="(?!\.\/|data:)/g)).toBeNull();
  });

  it("is loaded by nothing else in the package", () => {
    const others = readdirSync(`${root}/dist`, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".js") && !file.startsWith("ui/"),
    );
    const importing = others.filter((file) =>
      /from "[^"]*\/ui\/assets|import\("[^"]*\/ui\//.test(readFileSync(`${root}/dist/${file}`, "utf8")),
    );
    expect(importing).toEqual([]);
  });
});
