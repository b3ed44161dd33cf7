import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { routeOf } from "../../src/transport/codec/rpc-path.ts";
import { allMethods, isUnary } from "./api.ts";
import { call, drain, put, range, watch } from "./transport-calls.ts";
import { etcdErrorOf, passwordCanary } from "./etcd-error.ts";
import { inMemory, serving } from "./serving.ts";

const ok = '{"header":{"revision":"7"}}';
const html = "<!doctype html><title>Sign in</title>";

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("B16: %i is refused; the other server sees nothing", async (status) => {
    const { server: other } = await serving({ body: ok });
    const location = `http://root:${passwordCanary}@127.0.0.1:${other.port}/v3/kv/range?token=${passwordCanary}`;
    const { server, transport } = await serving({ status, headers: { location }, body: html });
    const error = await etcdErrorOf(
      call(transport, Auth.method.authenticate, { name: "root", password: passwordCanary }),
    );
    expect(error).toMatchObject({ reason: "RedirectRefused", code: Code.FailedPrecondition, outcome: "not-applied" });
    expect(error.message).toContain(`127.0.0.1:${other.port},`);
    expect(await etcdErrorOf(watch(transport))).toMatchObject({ reason: "RedirectRefused" });
    expect([server.requests.length, other.requests.length]).toEqual([2, 0]);
  });

  it.each(["", "%zz://", "/elsewhere", "javascript:alert(1)"])(
    "B16: with the location %j is refused too",
    async (location) => {
      const { transport } = await serving({ status: 307, headers: { location } });
      expect(await etcdErrorOf(range(transport))).toMatchObject({ reason: "RedirectRefused" });
    },
  );

  it("B16: as a browser shows it, status 0 and opaque, is refused and let go of", async () => {
    const facts = { type: { value: "opaqueredirect" }, status: { value: 0 }, ok: { value: false } };
    const transport = inMemory(() => Object.defineProperties(new Response(null), facts));
    expect(await etcdErrorOf(range(transport))).toMatchObject({ reason: "RedirectRefused", outcome: "not-applied" });
  });
});

describe("a 2xx answer that is not etcd's", () => {
  const malformed = { reason: "MalformedResponse", code: Code.Internal, outcome: "unknown" };

  it.each(
    allMethods
      .filter(isUnary)
      .filter((method) => routeOf(method) !== undefined)
      .map((method) => [method.name, method] as const),
  )("B7: no RPC takes an empty 200 or a 204 for success: %s", async (_, method) => {
    for (const response of [
      () => new Response(""),
      () => new Response(null, { status: 204 }),
      () => new Response(" \n"),
    ]) {
      const error = await etcdErrorOf(call(inMemory(response), method, {}));
      expect(error).toMatchObject(malformed);
      expect(error.message).toContain("an empty body");
    }
  });

  it("B7: over the wire", async () => {
    for (const answer of [{ body: "" }, { status: 204, framing: "none", after: "fin" }] as const) {
      expect(await etcdErrorOf(put((await serving(answer)).transport))).toMatchObject(malformed);
    }
  });

  it.each([
    ["B6, S16: a page", html],
    ["B6: a page after a byte order mark", `\ufeff${html}`],
    ["a string", '"ok"'],
    ["a number", "7"],
    ["null", "null"],
    ["a list", `[${ok}]`],
    ["an object of something else", '{"status":"ok"}'],
    ["an object without the header", '{"kvs":[]}'],
    ["a header that is not one", '{"header":"x"}'],
    ["a header that is null", '{"header":null,"count":"x"}'],
    ["two answers", `${ok}${ok}`],
    ["JSON with a comment", `${ok}//`],
    ["words", "OK"],
  ])("%s", async (_, body) => {
    for (const type of ["application/json", "text/html"]) {
      const transport = inMemory(() => new Response(body, { headers: { "content-type": type } }));
      const error = await etcdErrorOf(put(transport));
      expect(error).toMatchObject(malformed);
      expect(error.message).not.toContain("Sign in");
    }
  });

  it.each(["Alarm", "Defragment", "MoveLeader"])(
    "%s, whose answer has no header in some versions, still takes no page for one",
    async (name) => {
      const method = allMethods.filter(isUnary).find((each) => each.name === name);
      if (method === undefined) expect.fail("no such RPC");
      for (const body of [html, "[]", "null", "", '{"code":14,"message":"etcdserver: no leader"}']) {
        expect(["MalformedResponse", "NoLeader"]).toContain(
          (
            await etcdErrorOf(
              call(
                inMemory(() => new Response(body)),
                method,
                {},
              ),
            )
          ).reason,
        );
      }
      expect(
        await call(
          inMemory(() => new Response("{}")),
          method,
          {},
        ),
      ).toMatchObject({ $typeName: method.output.typeName });
    },
  );

  it("an error with status 200 is that error", async () => {
    const transport = inMemory(() => Response.json({ code: 8, message: "etcdserver: mvcc: database space exceeded" }));
    expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "NoSpace", outcome: "not-applied" });
  });

  it.each(["chunked", "untilClose"] as const)("B5: JSON cut short, with a clean end (%s)", async (framing) => {
    for (const body of [ok.slice(0, -1), ok.slice(0, 12), "{"]) {
      expect(await etcdErrorOf(put((await serving({ body, framing })).transport))).toMatchObject(malformed);
    }
  });

  it("B6: on a stream is refused, with a newline and without", async () => {
    for (const body of [html, `${html}\n<body>\n`, "ok", "[1]\n", '"x"\n']) {
      const { values, error } = await drain(await watch(inMemory(() => new Response(body))));
      expect(values).toEqual([]);
      expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "NotEtcd", outcome: "unknown" });
    }
  });
});

describe("a refusal that is not etcd's", () => {
  it.each([
    [400, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [401, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [403, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [404, "NotEtcd", Code.Unimplemented, "not-applied"],
    [405, "NotEtcd", Code.Unimplemented, "not-applied"],
    [407, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [408, "Timeout", Code.DeadlineExceeded, "unknown"],
    [413, "RequestTooLarge", Code.InvalidArgument, "not-applied"],
    [415, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [414, "RequestTooLarge", Code.InvalidArgument, "not-applied"],
    [418, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [421, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [422, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [425, "TooManyRequests", Code.ResourceExhausted, "not-applied"],
    [429, "TooManyRequests", Code.ResourceExhausted, "not-applied"],
    [431, "RequestTooLarge", Code.InvalidArgument, "not-applied"],
    [451, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [499, "Timeout", Code.DeadlineExceeded, "unknown"],
    [500, "Unreachable", Code.Unavailable, "unknown"],
    [501, "NotEtcd", Code.Unimplemented, "not-applied"],
    [502, "Unreachable", Code.Unavailable, "unknown"],
    [503, "Unreachable", Code.Unavailable, "unknown"],
    [504, "Unreachable", Code.Unavailable, "unknown"],
  ] as const)("A11, B9: a page with status %i", async (status, reason, code, outcome) => {
    const transport = inMemory(() => new Response(`<h1>${"x".repeat(5000)}</h1>`, { status }));
    for (const work of [put(transport), watch(transport)]) {
      const error = await etcdErrorOf(work);
      expect(error).toMatchObject({ reason, code, outcome });
      expect(error.message).toContain(`HTTP ${status} on /v3/`);
      expect(error.message.length).toBeLessThan(400);
    }
  });

  it("A11: a 404 without words names the path and what may be wrong", async () => {
    const error = await etcdErrorOf(put(inMemory(() => new Response("404 page not found\n", { status: 404 }))));
    expect(error.message).toContain("/v3/kv/put");
    expect(error.message).toContain("--enable-grpc-gateway");
  });

  it("A11: an etcd too old for an RPC says so with its path, in either dialect", async () => {
    for (const body of ["Not Found\n", '{"code":5, "message":"Not Found", "details":[]}']) {
      const error = await etcdErrorOf(
        call(
          inMemory(() => new Response(body, { status: 404 })),
          Auth.method.authStatus,
          {},
        ),
      );
      expect(error).toMatchObject({ reason: "Unsupported", code: Code.Unimplemented });
      expect(error.message).toContain("/v3/auth/status");
    }
  });

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["36000", 36_000_000],
    ["soon", undefined],
    ["", undefined],
  ])("B15: Retry-After: %s", async (value, ms) => {
    for (const [status, reason, outcome] of [
      [429, "TooManyRequests", "not-applied"],
      [503, "Unreachable", "unknown"],
    ] as const) {
      const transport = inMemory(() => new Response(html, { status, headers: { "retry-after": value } }));
      expect(await etcdErrorOf(put(transport))).toMatchObject({ reason, outcome, retryAfterMs: ms });
    }
  });

  it("B15: Retry-After as a date, ahead and past", async () => {
    const after = async (ms: number): Promise<number | undefined> => {
      const headers = { "retry-after": new Date(Date.now() + ms).toUTCString() };
      return (await etcdErrorOf(put(inMemory(() => new Response(html, { status: 503, headers }))))).retryAfterMs;
    };
    expect(await after(60_000)).toBeGreaterThan(57_000);
    expect(await after(60_000)).toBeLessThanOrEqual(60_000);
    expect(await after(-60_000)).toBe(0);
  });
});

describe("an error of 500 or more, with a code in its body", () => {
  const codes = Object.values(Code).filter((code) => typeof code === "number");
  /** As gateways give them; `HTTPStatusFromCode` of grpc-gateway. */
  const refusals = [3, 5, 6, 7, 8, 9, 10, 11, 16];

  it("never says of a write that it was not applied, whatever the code, unless it is etcd's own words or a 501", async () => {
    for (const status of [500, 502, 503, 504, 520]) {
      for (const code of codes) {
        for (const body of [{ code, message: "upstream failed" }, { error: { code, message: "upstream failed" } }]) {
          const error = await etcdErrorOf(put(inMemory(() => Response.json(body, { status }))));
          expect(error, `${status}, code ${code}`).toMatchObject({ outcome: "unknown" });
        }
      }
    }
  });

  it.each(refusals)("leaves a read to other tries where its code is %i, which is that of a refusal", async (code) => {
    const body = { code, message: "upstream failed" };
    const error = await etcdErrorOf(range(inMemory(() => Response.json(body, { status: 503 }))));
    expect(error).toMatchObject({ reason: "Unreachable" });
  });

  it.each([
    [500, 2, "etcdserver: requested lease not found", "LeaseNotFound"],
    [503, 14, "etcdserver: unhealthy cluster", "Unhealthy"],
    [501, 12, "unknown method", "Unsupported"],
    [400, 3, "etcdserver: key is not provided", "EmptyKey"],
    [412, 9, "no words of etcd's", "Unknown"],
  ])("is etcd's with status %i, code %i and %j", async (status, code, message, reason) => {
    const error = await etcdErrorOf(put(inMemory(() => Response.json({ error: message, code, message }, { status }))));
    expect(error).toMatchObject({ reason, outcome: "not-applied" });
  });
});
