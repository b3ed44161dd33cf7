import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEtcd, EtcdError } from "../../src/index.ts";
import { createRedactor, redactCause } from "../../src/transport/secrets/redact.ts";
import { createEtcdV2, EtcdV2Error } from "../../src/v2/index.ts";
import { printed } from "./etcd-error.ts";

const password = 'hunter2 "s3cret"/+&<ü>';
const token = "tok/en.SECRET+123==";

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** The forms in which a server may say what it was sent. */
const forms: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in JSON": (text) => JSON.stringify({ text }),
  "in JSON in JSON": (text) => JSON.stringify(JSON.stringify({ text })),
  "in a URL": (text) => `https://evil.example/?q=${encodeURIComponent(text)}`,
  "in a form": (text) => new URLSearchParams({ text }).toString(),
  "in HTML": (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  "in base64": base64,
  "in the middle of base64": (text) => base64(`{"name":"root","password":"${text}"}`),
  "in other letters": (text) => text.toUpperCase(),
};

/** What is still a secret of one that is written in one of the forms. */
function traces(secret: string): string[] {
  const middle = [0, 1, 2].map((n) => base64(`${"x".repeat(n)}${secret}`).slice(4, -4));
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64(secret), ...middle].map(
    (text) => text.toLowerCase(),
  );
}

function expectNothingOf(secret: string, text: string): void {
  for (const trace of traces(secret)) expect(text.toLowerCase()).not.toContain(trace);
}

describe("a redactor", () => {
  it.each(Object.entries(forms))("takes a secret out that stands there %s", (_, form) => {
    for (const secret of [password, token]) {
      const text = createRedactor([secret])(`cannot parse: ${form(secret)}: no`);
      expectNothingOf(secret, text);
      expect(text).toMatch(/^cannot parse: .*: no$/s);
    }
  });

  it("takes out what is left of one at the end of a text that was cut", () => {
    const redact = createRedactor(["hunter2-s3cret"]);
    for (let length = 4; length < 14; length++) {
      const cut = "hunter2-s3cret".slice(0, length);
      expect(redact(`said ${cut}`)).toBe("said ***");
      expect(redact(`(said ${cut}…)`)).toBe("(said ***…)");
    }
  });

  it("looks for short ones as whole words, and leaves the words that hold them", () => {
    const redact = createRedactor(["pw", "1"]);
    expect(redact('{"name":"root","password":"pw"} HTTP 401 spwn pw pw,1')).toBe(
      '{"name":"root","password":"***"} HTTP 401 spwn *** ***,***',
    );
  });

  it("takes any secret out of any text", () => {
    const secrets = fc.string({ minLength: 8, maxLength: 40, unit: "grapheme" });
    const text = fc.string({ maxLength: 40 });
    fc.assert(
      fc.property(
        secrets,
        text,
        text,
        fc.constantFrom(...Object.values(forms).slice(0, -1)),
        (secret, before, after, form) => {
          const said = createRedactor([secret])(before + form(secret) + after);
          expect(said.includes(secret) && !(before + after + "***").includes(secret)).toBe(false);
        },
      ),
    );
  });

  it("takes no more time for a long text than a short one twice over", () => {
    const redact = createRedactor([password]);
    const start = performance.now();
    for (const text of ["h".repeat(1e6), "hunter2 ".repeat(1e5), "…".repeat(1e6), "aHVudGVy".repeat(1e5)]) redact(text);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("leaves a cause as it is unless a secret is in it, however deep", () => {
    const redact = createRedactor([token]);
    const innocent = Object.assign(new TypeError("terminated", { cause: new Error("closed") }), { code: "ECONNRESET" });
    expect(redactCause(innocent, redact)).toBe(innocent);
    const told = [
      new TypeError(`failed: ${token}`),
      Object.assign(new Error("x"), { headers: new Headers({ authorization: token }) }),
      Object.assign(new Error("x"), { request: { body: new TextEncoder().encode(token) } }),
      new Error("x", { cause: new AggregateError([new Error(token)], "many") }),
      { toString: 1, deep: [[{ token }]] },
      token,
    ];
    for (const cause of told) {
      const shown = redactCause(cause, redact);
      expectNothingOf(token, inspect(shown, { depth: 20, showHidden: true }));
    }
    const refused = Object.assign(new Error(token, { cause: innocent }), { code: "ECONNREFUSED" });
    expect(redactCause(refused, redact)).toMatchObject({ code: "ECONNREFUSED", cause: { code: "ECONNRESET" } });
  });
});

async function firstOf(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events) return;
}

type Answer = (sent: string) => Response;
const answers: Readonly<Record<string, Answer>> = {
  "a refusal in JSON": (sent) => Response.json({ code: 3, message: `cannot parse: ${sent}` }, { status: 400 }),
  "a refusal in JSON of old": (sent) => Response.json({ error: `cannot parse: ${sent}`, code: 3 }, { status: 400 }),
  "a refusal of v2": (sent) => Response.json({ errorCode: 105, message: sent, cause: sent }, { status: 412 }),
  "a message of v2": (sent) => Response.json({ message: sent }, { status: 401 }),
  words: (sent) => new Response(`no: ${sent}`, { status: 403 }),
  "a page": (sent) => new Response(`<html>${"x".repeat(150)}${sent}</html>`, { status: 503 }),
  "success that is not one": (sent) => new Response(sent),
  "a redirect": (sent) =>
    new Response(null, { status: 302, headers: { location: `https://${sent.replaceAll(/[^\w.]/g, "-")}.example/` } }),
  "a watch that is refused": (sent) => {
    const result = { header: { cluster_id: "1" }, created: true, canceled: true, cancel_reason: `no: ${sent}` };
    return new Response(`${JSON.stringify({ result })}\n`);
  },
  "a stream that fails": (sent) => new Response(`${JSON.stringify({ error: { grpc_code: 7, message: sent } })}\n`),
  "a fetch that fails": (sent) => {
    throw new TypeError(`fetch failed: ${sent}`, { cause: { sent } });
  },
};

describe.each(Object.entries(answers))("no error shows what was secret in the request: %s", (_, answer) => {
  it.each(Object.entries(forms))("%s", async (_title, form) => {
    const fetch = async (_url: string, init: RequestInit): Promise<Response> => {
      const authorization = new Headers(init.headers).get("authorization") ?? "";
      return answer(form(`${String(init.body)} ${authorization}`).slice(0, 900));
    };
    const echo = async (_url: string, init: RequestInit): Promise<Response> => {
      const authorization = new Headers(init.headers).get("authorization");
      return answer(form(authorization ?? (String(init.body).includes("password") ? password : "nothing")));
    };
    const limits = { timeoutMs: 60, retry: false } as const;
    for (const via of [fetch, echo]) {
      const login = createEtcd({ auth: { username: "root", password }, fetch: via, ...limits });
      const known = createEtcd({ auth: { token }, fetch: via, ...limits });
      const v2 = createEtcdV2({ auth: { username: "root", password }, fetch: via, timeoutMs: 60, failover: false });
      const signal = AbortSignal.timeout(60);
      const ends = await Promise.allSettled([
        login.get("a"),
        known.get("a"),
        known.auth.users.add("u", password),
        known.auth.users.changePassword("u", password),
        firstOf(known.watch("a", { signal })),
        v2.get("/a"),
        v2.auth.users.add("u", password),
      ]);
      const basic = base64(`root:${password}`);
      for (const end of ends) {
        if (end.status === "fulfilled") continue;
        const text = printed(end.reason);
        for (const secret of [password, token, basic]) expectNothingOf(secret, text);
      }
      expect(ends.some(({ status }) => status === "rejected")).toBe(true);
      for (const end of ends) {
        if (end.status === "rejected" && end.reason !== signal.reason)
          expect(EtcdError.is(end.reason) || EtcdV2Error.is(end.reason)).toBe(true);
      }
      await Promise.all([login.close(), known.close(), v2.close()]);
    }
  });
});
