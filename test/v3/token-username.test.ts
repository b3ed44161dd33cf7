import { describe, expect, it } from "vitest";
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
