import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  docExamples,
  type DocExample,
  type ExampleFolder,
  exampleFolder,
  exampleOn,
  printedBy,
} from "./doc-examples.ts";
import { type Etcd, startEtcd } from "./etcd.ts";

/** A page for what renders there. */
const dom = `
import { Window } from "happy-dom";
const window = new Window();
Object.assign(globalThis, { window, document: window.document, SVGElement: window.SVGElement, Element: window.Element });
const root = document.createElement("main");
document.body.append(root);
async function shows(text) {
  while (root.textContent !== text) await new Promise((resolve) => setTimeout(resolve, 5));
}
`;

const settings = (etcd: string): string => `
import { cache, createEtcd } from "fetcd";
const etcd = createEtcd({ endpoints: "${etcd}" });
await etcd.put("settings/color", "green");
const settings = await cache(etcd, { prefix: "settings/" });
`;

/**
 * For each heading a program that uses the example, which is the module "./example.mjs", and what it prints. Each sees
 * the first content and a change of it; what serves requests is asked.
 */
const programs: Readonly<Record<string, { readonly program: (etcd: string) => string; readonly prints: string }>> = {
  React: {
    program: (address) => `${settings(address)}${dom}
Object.assign(globalThis, { HTMLIFrameElement: window.HTMLIFrameElement });
globalThis.navigator ??= window.navigator; // Node 20 has none
const { createElement } = await import("react");
const { renderToString } = await import("react-dom/server");
const { createRoot } = await import("react-dom/client");
const { Settings, etcd: own } = await import("./example.mjs");
console.log(renderToString(createElement(Settings)));
createRoot(root).render(createElement(Settings));
await shows("green");
await etcd.put("settings/color", "blue");
await shows("blue");
console.log(root.innerHTML);
await own.close();
await etcd.close();
process.exit();
`,
    prints: "<ul><li>green</li></ul>\n<ul><li>blue</li></ul>\n",
  },
  Vue: {
    program: (address) => `${settings(address)}${dom}
const { createApp, createSSRApp, h } = await import("vue");
const { renderToString } = await import("vue/server-renderer");
const { useCache } = await import("./example.mjs");
const component = { setup() {
  const entries = useCache(settings);
  return () => h("p", [...entries.value.values()].map((entry) => entry.text()).join());
} };
console.log(await renderToString(createSSRApp(component)));
const app = createApp(component);
app.mount(root);
await shows("green");
await etcd.put("settings/color", "blue");
await shows("blue");
console.log(root.innerHTML);
app.unmount();
await etcd.close();
`,
    prints: "<p>green</p>\n<p>blue</p>\n",
  },
  Svelte: {
    program: (address) => `${settings(address)}
import { fromCache } from "./example.mjs";
const texts = [];
const unsubscribe = fromCache(settings).subscribe((entries) => texts.push(entries.get("settings/color").text()));
await etcd.put("settings/color", "blue");
while (texts.at(-1) !== "blue") await new Promise((resolve) => setTimeout(resolve, 5));
unsubscribe();
const { revision } = await etcd.put("settings/color", "red");
await settings.waitFor(revision);
console.log(texts.join(" "));
await etcd.close();
`,
    prints: "green blue\n",
  },
  "Next.js": {
    program: (address) => `${settings(address)}
import { GET, etcd as own } from "./example.mjs";
const answer = await GET();
console.log(answer.status, await answer.text());
await own.close();
await etcd.close();
`,
    prints: '200 {"settings/color":"green"}\n',
  },
  Hono: {
    program: (address) => `${settings(address)}
import app, { etcd as own } from "./example.mjs";
for (const path of ["/settings/color", "/settings/none"]) {
  const answer = await app.request(path);
  console.log(answer.status, await answer.text());
}
await own.close();
await etcd.close();
`,
    prints: "200 green\n404 404 Not Found\n",
  },
  SvelteKit: {
    program: (address) => `${settings(address)}
import { load } from "./example.mjs";
console.log(JSON.stringify(await load()));
await etcd.close();
`,
    prints: '{"settings":{"settings/color":"green"}}\n',
  },
};

let etcd: Etcd;
let examples: readonly DocExample[];
const folders: ExampleFolder[] = [];
beforeAll(async () => {
  [etcd, examples] = await Promise.all([
    startEtcd({ version: "3.5" }),
    docExamples("docs/frameworks.md", ["js", "ts", "jsx"]),
  ]);
});
afterAll(async () => {
  await etcd?.close();
  await Promise.all(folders.map((folder) => folder.remove()));
});

it.each(Object.entries(programs))("The example of docs/frameworks.md for %s", async (heading, { program, prints }) => {
  const folder = await exampleFolder();
  folders.push(folder);
  const written = await folder.write({ heading: "page", language: "js", code: program(etcd.endpoints[0] ?? "") });
  const { code } = await transform(exampleOn(etcd, examples, heading).code, { loader: "jsx", jsx: "automatic" });
  await writeFile(join(dirname(written), "example.mjs"), code);
  expect(await printedBy(process.execPath, [written])).toBe(prints);
});

it("All examples of docs/frameworks.md are run", () => {
  expect(examples.map(({ heading }) => heading)).toEqual(Object.keys(programs));
});
