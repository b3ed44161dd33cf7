import { describe, expect, it } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { usernameInToken } from "../../src/v3/auth/token-username.ts";

const base64url = (text: string) => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const jwt = (claims: unknown) => `${base64url('{"alg":"RS256"}')}.${base64url(JSON.stringify(claims))}.c2lnbmF0dXJl`;

describe("the user of a token", () => {
  it("is named in a JSON Web Token", () => {
    expect(usernameInToken(jwt({ username: "alice", revision: 12, exp: 1 }))).toBe("alice");
    expect(usernameInToken(`Bearer ${jwt({ username: "alice" })}`)).toBe("alice");
  });

  it("may have any name", () => {
    const claims = String.fromCharCode(...new TextEncoder().encode(JSON.stringify({ username: "žluťoučký ?~>" })));
    expect(usernameInToken(`e30.${base64url(claims)}.s`)).toBe("žluťoučký ?~>");
  });

  it.each([
    "EkGFCfAKUZgYFjbO.15",
    "",
    "a.b.c",
    "a.b.c.d",
    jwt({}),
    jwt({ username: "" }),
    jwt({ username: 5 }),
    jwt(null),
    jwt(["username"]),
    `a.${base64url("{")}.c`,
  ])("is not known from %j", (token) => {
    expect(usernameInToken(token)).toBeUndefined();
  });
});

it("a function that gives the token is called with nothing: what a login is told of is not its business", async () => {
  const given: unknown[][] = [];
  const token = (...all: unknown[]): Promise<string> => {
    given.push(all);
    return Promise.resolve("t");
  };
  await using etcd = createEtcd({ fetch: createMemoryEtcd({ version: "3.5" }).fetch, auth: { token } });
  await etcd.put("k", "v");
  expect(given).toEqual([[]]);
});
