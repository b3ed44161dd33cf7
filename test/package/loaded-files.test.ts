import { posix } from "node:path";
import { runInThisContext } from "node:vm";
import { build } from "esbuild";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";
import { markPureConstants } from "../../scripts/pure-constants.ts";
import { entries, readText } from "./project.ts";

/** Files of dist that an import of one loads, itself first. What is imported later, by a call, does not count. */
function loadedWith(file: string): string[] {
  const files = new Set([file]);
  for (const each of files) {
    const { staticImports, staticExports } = parseSync(each, readText(`dist/${each}`)).module;
    const requests = [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])),
    ];
    for (const request of requests) if (request.startsWith(".")) files.add(posix.join(posix.dirname(each), request));
  }
  return [...files];
}

const client = ["basics", "client", "codec", "reads", "transport"];
const server = ["rpc-gateway", "sha2"];

/** Each file costs a program in Node more than a millisecond: a new one here needs a reason. */
const chunksOf: Readonly<Record<string, readonly string[]>> = {
  ".": [...client, "src"],
  "./transport": ["basics", "codec", "transport"],
  "./grpc-web": ["basics"],
  "./memory": ["basics", "codec", ...server],
  "./v2": ["basics"],
  "./flags": ["basics", "codec", "reads", "transport"],
  "./openfeature": [],
  "./unstorage": ["basics", "key-text"],
  "./keyv": ["basics", "key-text"],
  "./proxy": [...client, ...server, "proxy"],
  "./node": ["basics"],
  "./proto": [],
};

describe("what an import loads", () => {
  it.each(entries)("$subpath: few files, and no chunk that is for others", ({ subpath, name }) => {
    const chunks = loadedWith(`${name}.js`)
      .slice(1)
      .map((file) => posix.basename(file, ".js"));
    expect(chunks.toSorted()).toEqual(chunksOf[subpath]?.toSorted());
  });

  it("of the program does not load the client", () => {
    expect(loadedWith("cli/main.js").filter((file) => client.includes(posix.basename(file, ".js")))).toEqual([]);
  });
});

describe("a constant that is computed at import", () => {
  const constants = [
    `const kinds = { ...others, read: Names.READ };`,
    `const codes = new Map(Object.entries(Names));`,
    `const one = call(), most = 2n ** bits;`,
    `class Shown { static { call(Shown); } }`,
    `const text = \`\${one}\`;`,
  ];

  async function bundled(code: string): Promise<string> {
    const contents = `import { Names, others, bits, call } from "elsewhere"; ${code}`;
    const { outputFiles } = await build({
      stdin: { contents, loader: "js" },
      bundle: true,
      format: "esm",
      external: ["elsewhere"],
      minify: true,
      write: false,
    });
    return outputFiles[0]?.text.replace(/^import[^;]*;/, "").trim() ?? "";
  }

  it.each(constants)("is dropped by a bundler if it is not used: %s", async (code) => {
    expect(await bundled(code)).not.toBe("");
    expect(await bundled(markPureConstants(code, "a.js"))).toBe("");
  });

  it.each([...constants, `const plain = [1, { a: "b" }, (x) => x];`])(
    "costs a program that uses it nothing: %s",
    async (code) => {
      const used = `; export { ${/(?:const|class) (\w+)/.exec(code)?.[1]} };`;
      const [marked, plain] = await Promise.all([
        bundled(markPureConstants(code, "a.js") + used),
        bundled(code + used),
      ]);
      expect(marked.length).toBeLessThanOrEqual(plain.length);
    },
  );

  it("is what it was, whatever comes before and after it", () => {
    const code = `const a = [1].map((x) => x); function f() { return new Map(); } const b = f(), c = "c"; class D { static d = b; }`;
    const values = (text: string): unknown =>
      runInThisContext(`(() => { ${text}; return [a, b, c, D.d === b, D.name]; })()`);
    expect(values(markPureConstants(code, "a.js"))).toEqual([[1], new Map(), "c", true, "D"]);
  });
});
