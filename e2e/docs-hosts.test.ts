import { afterAll, beforeAll, expect, it } from "vitest";
import { type DocExample, docExamples, type ExampleFolder, exampleFolder, testExamples } from "./doc-examples.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { faultProxy, type FaultProxy } from "./fault-proxy.ts";
import { startLambda } from "./hosts/lambda-service.ts";
import { run } from "./run.ts";

testExamples("docs/hosts.md", {
  "In a Worker": /^false\n$/,
  "On Vercel: a function": /^$/,
  "On AWS Lambda: a handler": /^$/,
  "In jsdom, happy-dom, iframes and Electron": /^false\nhi\n$/,
});

let etcd: Etcd;
let proxy: FaultProxy;
let folder: ExampleFolder;
let examples: readonly DocExample[];
beforeAll(async () => {
  [etcd, folder, examples] = await Promise.all([
    startEtcd({ version: "3.5" }),
    exampleFolder(),
    docExamples("docs/hosts.md"),
  ]);
  proxy = await faultProxy(etcd.endpoints[0] ?? "");
  await etcd.etcdctl(["put", "settings/color", "green"]);
});
afterAll(async () => {
  await proxy?.close();
  await etcd?.close();
  await folder?.remove();
});

function written(heading: string): Promise<string> {
  const found = examples.find((each) => each.heading === heading);
  if (found === undefined) throw new Error(`no example under ${heading}`);
  // A function has little time; a machine that runs tests may need more.
  return folder.write({ ...found, code: found.code.replace("timeoutMs: 2000", "timeoutMs: 10_000") });
}

/** As a function URL or an HTTP API sends it, payload format 2.0. */
const event = (queryStringParameters?: Record<string, string>): object => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: "/",
  rawQueryString: new URLSearchParams(queryStringParameters).toString(),
  headers: { host: "abc.lambda-url.eu-central-1.on.aws", "x-forwarded-proto": "https" },
  ...(queryStringParameters && { queryStringParameters }),
  requestContext: {
    accountId: "anonymous",
    http: { method: "GET", path: "/", protocol: "HTTP/1.1" },
    stage: "$default",
  },
  isBase64Encoded: false,
});

it("The handler for AWS Lambda answers events, also after it was frozen and its connections broke", async () => {
  const instance = await startLambda(await written("On AWS Lambda: a handler"), { ETCD: proxy.url });
  try {
    expect(await instance.invoke(event())).toEqual({ value: "green" });
    expect(await instance.invoke(event({ key: "none" }))).toEqual({ value: null });
    await instance.frozen(() => proxy.cutAll("rst"));
    expect(await instance.invoke(event({ key: "color" }))).toEqual({ value: "green" });
    await proxy.set({ kind: "refuse" });
    proxy.cutAll("rst");
    expect(await instance.invoke(event())).toEqual({
      statusCode: 503,
      body: expect.stringMatching(/^(Unreachable|Timeout)$/),
    });
  } finally {
    await instance.close();
  }
});

it("The function for Vercel answers requests", async () => {
  const program = `const { GET } = await import(${JSON.stringify(await written("On Vercel: a function"))});
for (const query of ["", "?key=none"]) console.log(await (await GET(new Request("http://localhost/api/color" + query))).text());
process.exit();`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, ETCD: etcd.endpoints[0] },
  });
  expect(stdout).toBe('{"value":"green"}\n{"value":null}\n');
});
