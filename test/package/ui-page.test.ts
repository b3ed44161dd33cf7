import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { root } from "./project.ts";

const folder = `${root}/dist/ui`;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
  /\.(?:js|css|html)$/.test(file),
);
const textOf = (file: string): string => readFileSync(`${folder}/${file}`, "utf8");

describe("the page of fetcd ui", () => {
  it("weighs 250 kB at most, compressed", () => {
    const sizes = files.map((file) => gzipSync(textOf(file), { level: 9 }).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(250_000);
  });

  it("holds nothing that its policy forbids: scripts and styles in the page, and other origins", () => {
    const html = textOf("index.html");
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
