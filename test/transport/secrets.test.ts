import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Answer, type RecordedRequest, responder } from "../../e2e/responder.ts";
import { Auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { call, drain, put, watch } from "./transport-calls.ts";
import { etcdErrorOf, expectNoSecret, passwordCanary, tokenCanary } from "./etcd-error.ts";

/** The worst that an intermediary may do with what it saw: say it all again. */
const echo = ({ headers, text }: RecordedRequest): string =>
  `token=${headers["authorization"]} ${text} ${JSON.stringify(headers)}`;

const echoing: readonly (readonly [title: string, answer: (request: RecordedRequest) => Answer])[] = [
  [
    "a page with status 200",
    (request) => ({ headers: { "content-type": "text/html" }, body: `<pre>${echo(request)}</pre>` }),
  ],
  ["words with status 200", (request) => ({ body: echo(request) })],
  ["words in an object with status 200", (request) => ({ body: JSON.stringify({ said: echo(request) }) })],
  ["JSON cut short", (request) => ({ body: `{"header":{},"token":${JSON.stringify(echo(request))}` })],
  [
    "a token that is followed by junk",
    (request) => ({ body: `{"header":{},"token":${JSON.stringify(echo(request))}}x` }),
  ],
  ["a header of the wrong type", (request) => ({ body: JSON.stringify({ header: echo(request) }) })],
  ["a line that is not JSON", (request) => ({ body: `${echo(request)}\n` })],
  ["a result of the wrong type", (request) => ({ body: `${JSON.stringify({ result: echo(request) })}\n` })],
  ["400 in words", (request) => ({ status: 400, body: echo(request) })],
  ["401 in words", (request) => ({ status: 401, body: echo(request) })],
  ["403 as a page", (request) => ({ status: 403, body: `<pre>${echo(request)}</pre>` })],
  ["404 in words", (request) => ({ status: 404, body: echo(request) })],
  ["421 in words", (request) => ({ status: 421, body: echo(request) })],
  ["502 as a page", (request) => ({ status: 502, body: `<pre>${echo(request)}</pre>` })],
  [
    "503 as JSON of its own",
    (request) => ({ status: 503, body: JSON.stringify({ error: "unavailable", detail: echo(request) }) }),
  ],
  [
    "a redirect",
    (request) => ({ status: 307, headers: { location: `http://127.0.0.1:1/?q=${encodeURIComponent(echo(request))}` } }),
  ],
  ["its status line", (request) => ({ status: 500, reason: echo(request).replaceAll(/[^ -~]/g, ""), body: "" })],
  ["a broken status line", (request) => ({ raw: `${echo(request)}\r\n\r\n`, after: "fin" })],
  [
    "a body that breaks off",
    (request) => ({ headers: { "content-length": "5000" }, body: echo(request), after: "rst" }),
  ],
  [
    "a header that is too large",
    (request) => ({
      headers: {
        "x-echo": echo(request)
          .repeat(200)
          .replaceAll(/[^ -~]/g, ""),
      },
      body: "",
    }),
  ],
];

describe("S2: neither password nor token is in any error, though the answer repeats them in", () => {
  it.each(echoing)("%s", async (_, answer) => {
    const server = await responder(answer);
    onTestFinished(() => server.close());
    const transport = gatewayTransport({ endpoints: server.url });
    const header = { authorization: tokenCanary };
    const password = { name: "root", password: passwordCanary };
    await etcdErrorOf(call(transport, Auth.method.authenticate, password, { header }));
    await etcdErrorOf(call(transport, Auth.method.userAdd, password, { header }));
    await etcdErrorOf(call(transport, Auth.method.userChangePassword, password, { header }));
    await etcdErrorOf(put(transport, { header }));
    const { error } = await watch(transport, { header }).then(drain, (thrown: unknown) => ({ error: thrown }));
    expectNoSecret(error);
    const withPassword = server.requests.filter(({ text }) => text.includes(passwordCanary)).map(({ path }) => path);
    // Some answers make engines repeat a request by themselves.
    expect([...new Set(withPassword)]).toEqual(
      ["authenticate", "user/add", "user/changepw"].map((name) => `/v3/auth/${name}`),
    );
    expect(server.requests.every(({ headers }) => headers["authorization"] === tokenCanary)).toBe(true);
  });
});

describe("S2: a secret travels in one place alone", () => {
  it("the password in the body of the call, the token in its header, neither in the URL", async () => {
    const server = await responder(() => ({ body: '{"header":{},"token":"t"}' }));
    onTestFinished(() => server.close());
    const transport = gatewayTransport({ endpoints: server.url });
    await call(transport, Auth.method.authenticate, { name: "root", password: passwordCanary });
    await put(transport, { header: { authorization: tokenCanary } });
    const [login, write] = server.requests;
    expect(login?.path).toBe("/v3/auth/authenticate");
    expect(login?.text).toContain(passwordCanary);
    expect(JSON.stringify(login?.headers)).not.toContain(passwordCanary);
    expect(write?.path).toBe("/v3/kv/put");
    expect(write?.text).not.toContain(tokenCanary);
    const carriers = Object.entries(write?.headers ?? {}).filter(([, value]) => value.includes(tokenCanary));
    expect(carriers).toEqual([["authorization", tokenCanary]]);
  });

  it("and nothing of it stays in the transport", async () => {
    const server = await responder(() => ({ status: 500, body: "" }));
    onTestFinished(() => server.close());
    const transport = gatewayTransport({ endpoints: server.url });
    await etcdErrorOf(
      call(
        transport,
        Auth.method.authenticate,
        { name: "root", password: passwordCanary },
        { header: { authorization: tokenCanary } },
      ),
    );
    expect(inspect(transport, { depth: 20, showHidden: true })).toContain(server.url);
    expectNoSecret(transport);
  });
});
