import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { networkError } from "../../src/transport/errors/network-error.ts";
import { expectNoSecret } from "./etcd-error.ts";

const coded = (code: string, message = code): Error => Object.assign(new Error(message), { code });
const nodeFetch = (cause: unknown): TypeError => Object.assign(new TypeError("fetch failed"), { cause });
const nodeBody = (cause: unknown): TypeError => Object.assign(new TypeError("terminated"), { cause });
const tried = (...codes: string[]): AggregateError =>
  Object.assign(new AggregateError(codes.map((code) => coded(code))), { code: codes[0] });

/** How engines reject, as seen in each; and whether that proves the request was not sent. */
const shapes: readonly (readonly [title: string, error: unknown, outcome: "not-applied" | "unknown"])[] = [
  ["Node: refused", nodeFetch(coded("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1")), "not-applied"],
  ["Node: no such host", nodeFetch(coded("ENOTFOUND", "getaddrinfo ENOTFOUND x.invalid")), "not-applied"],
  ["Node: no resolver", nodeFetch(coded("EAI_AGAIN")), "not-applied"],
  ["Node: no route", nodeFetch(coded("EHOSTUNREACH")), "not-applied"],
  ["Node: connect timeout", nodeFetch(coded("UND_ERR_CONNECT_TIMEOUT")), "not-applied"],
  ["Node: A12, every address refused", nodeFetch(tried("ECONNREFUSED", "ECONNREFUSED")), "not-applied"],
  ["Node: A12, refused and unreachable", nodeFetch(tried("ECONNREFUSED", "ENETUNREACH")), "not-applied"],
  ["Node: A12, one address broke otherwise", nodeFetch(tried("ECONNREFUSED", "ECONNRESET")), "unknown"],
  ["Node: reset", nodeFetch(coded("ECONNRESET", "read ECONNRESET")), "unknown"],
  [
    "Node: A4, the TLS handshake is cut",
    nodeFetch(coded("ECONNRESET", "Client network socket disconnected before secure TLS connection was established")),
    "not-applied",
  ],
  ["Node: other side closed", nodeFetch(coded("UND_ERR_SOCKET", "other side closed")), "unknown"],
  ["Node: headers too late", nodeFetch(coded("UND_ERR_HEADERS_TIMEOUT")), "unknown"],
  ["Node: B24, headers too big", nodeFetch(coded("UND_ERR_HEADERS_OVERFLOW")), "unknown"],
  ["Node: body idle", nodeBody(coded("UND_ERR_BODY_TIMEOUT")), "unknown"],
  ["Node: body cut", nodeBody(Object.assign(coded("UND_ERR_SOCKET"), { cause: coded("ECONNRESET") })), "unknown"],
  [
    "Node: a refusal behind another error",
    nodeFetch(Object.assign(new Error("proxy"), { cause: coded("ECONNREFUSED") })),
    "not-applied",
  ],
  [
    "Bun: refused",
    coded("ConnectionRefused", "Unable to connect. Is the computer able to access the url?"),
    "not-applied",
  ],
  ["Bun: reset", coded("ECONNRESET", "The socket connection was closed unexpectedly."), "unknown"],
  [
    "Deno: refused",
    new TypeError(
      "error sending request for url (http://127.0.0.1:1/v3/kv/put): client error (Connect): tcp connect error: Connection refused (os error 111)",
    ),
    "not-applied",
  ],
  [
    "Deno: reset",
    new TypeError(
      "error sending request for url (http://127.0.0.1:1/v3/kv/put): client error (SendRequest): connection closed before message completed",
    ),
    "unknown",
  ],
  ["Workers: refused or reset", Object.assign(new Error("Network connection lost."), { retryable: true }), "unknown"],
  ["Chromium: B30, anything", new TypeError("Failed to fetch"), "unknown"],
  ["Firefox: B30, anything", new TypeError("NetworkError when attempting to fetch resource."), "unknown"],
  ["WebKit: B30, anything", new TypeError("Load failed"), "unknown"],
  ["an error without words", new Error(), "unknown"],
  ["a string", "boom", "unknown"],
  ["undefined", undefined, "unknown"],
  ["a code that is a number", Object.assign(new Error("x"), { code: 20 }), "unknown"],
];

describe("a connection that failed", () => {
  it.each(shapes)("A1, A2, B1: %s", (_, error, outcome) => {
    const result = networkError(error, "http://etcd:2379");
    expect(result).toMatchObject({ reason: "Unreachable", code: Code.Unavailable, outcome });
    expect(result.cause).toBe(error);
    expect(result.message).toContain("http://etcd:2379");
    expect(result.message).toContain(outcome === "unknown" ? "failed" : "no connection");
  });

  it.each([
    "SELF_SIGNED_CERT_IN_CHAIN",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "CERT_NOT_YET_VALID",
    "INVALID_CA",
  ])("A5: a certificate that is not accepted (%s): nothing was sent", (code) => {
    for (const error of [nodeFetch(coded(code)), coded(code)]) {
      expect(networkError(error, "https://etcd")).toMatchObject({
        reason: "Tls",
        code: Code.Unavailable,
        outcome: "not-applied",
      });
    }
  });

  it("does not follow causes for ever", () => {
    const error = new Error("round");
    Object.assign(error, { cause: error });
    expect(networkError(error, "http://etcd").outcome).toBe("unknown");
  });

  it("shows a long text shortened", () => {
    expect(networkError(new Error("x".repeat(5000)), "http://etcd").message.length).toBeLessThan(300);
    expectNoSecret(networkError(new Error("no"), "http://etcd"));
  });
});
