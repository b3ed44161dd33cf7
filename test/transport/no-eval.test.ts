import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { expect, it } from "vitest";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A call, a stream and an error, and proof that the flag works. */
const program = `
  import { createGatewayTransport } from "./src/transport/index.ts";
  import { KV, Watch } from "./src/proto.ts";
  const answers = {
    "/v3/kv/range": () => '{"header":{"revision":"3"},"kvs":[{"key":"YQ==","value":"Yg=="}],"count":"1"}',
    "/v3/kv/txn": () => '{"code":3,"message":"etcdserver: duplicate key given in txn request"}',
    "/v3/watch": () => '{"result":{"created":true}}\\n{"result":{"events":[{"type":"DELETE","kv":{"key":"YQ=="}}]}}\\n',
  };
  const transport = createGatewayTransport({ fetch: async (url) => new Response(answers[new URL(url).pathname]()) });
  async function* create() { yield { requestUnion: { case: "createRequest", value: { key: new Uint8Array([97]) } } }; }
  const range = await transport.unary(KV.method.range, undefined, undefined, undefined, { key: new Uint8Array([97]) });
  const watch = await transport.stream(Watch.method.watch, undefined, undefined, undefined, create());
  const seen = [range.message.kvs.length, range.message.header.revision.toString()];
  for await (const message of watch.message) seen.push(message.created, message.events.length);
  seen.push(await transport.unary(KV.method.txn, undefined, undefined, undefined, {}).catch((error) => error.cause.reason));
  try { seen.push(new Function("return 'evaluated'")()); } catch (error) { seen.push(error.name); }
  console.log(JSON.stringify(seen));
`;

it("a call, a stream and an error work where code from strings is disallowed", () => {
  const { outputFiles } = buildSync({
    stdin: { contents: program, resolveDir: fromRoot("."), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) expect.fail("esbuild wrote nothing");
  const flags = ["--disallow-code-generation-from-strings", "--input-type=module"];
  const out = execFileSync(process.execPath, flags, { input: bundle.text, encoding: "utf8" });
  expect(JSON.parse(out)).toEqual([1, "3", true, 0, false, 1, "DuplicateKey", "EvalError"]);
});
