import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { asEtcdError } from "../../src/transport/errors/connect-error.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { lostAnswer, refused } from "./network-failures.ts";

const connectError = (message: string, code: Code, cause?: unknown): ConnectError =>
  new ConnectError(message, code, undefined, undefined, cause);
const coded = (code: string): Error => Object.assign(new Error(code), { code });

describe("an error of any Connect transport", () => {
  it("that is ours stays the same object", () => {
    const own = new EtcdError("own", "NoSpace", { outcome: "not-applied" });
    expect(asEtcdError(own)).toBe(own);
    expect(asEtcdError(connectError("wrapped", Code.Unknown, own))).toBe(own);
  });

  it.each([
    ["an abort", "enough"],
    ["a bug", new TypeError("bug")],
    ["nothing", undefined],
  ])("that is %s is not ours to explain", (_, error) => {
    expect(asEtcdError(error)).toBeUndefined();
  });

  it.each([
    ["etcdserver: permission denied", Code.PermissionDenied, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [
      "etcdserver: mvcc: database space exceeded",
      Code.ResourceExhausted,
      "NoSpace",
      Code.ResourceExhausted,
      "not-applied",
    ],
    ["etcdserver: request timed out", Code.Unavailable, "Timeout", Code.Unavailable, "unknown"],
    // Older servers give other codes for the same text.
    ["context deadline exceeded", Code.Unknown, "Timeout", Code.DeadlineExceeded, "unknown"],
    ["a text of tomorrow", Code.Unavailable, "Unreachable", Code.Unavailable, "unknown"],
  ] as const)("that etcd stated, %s: told by its text", (message, code, reason, expectedCode, outcome) => {
    expect(asEtcdError(connectError(message, code))).toMatchObject({ reason, code: expectedCode, outcome });
  });

  it.each([
    ["A1", "refused", Code.Unavailable, refused().cause, "Unreachable", "not-applied"],
    ["B1", "reset", Code.Aborted, lostAnswer().cause, "Unreachable", "unknown"],
    ["B1", "reset, to another client", Code.Unknown, lostAnswer(), "Unreachable", "unknown"],
    ["A5", "a refused certificate", Code.Internal, coded("CERT_HAS_EXPIRED"), "Tls", "not-applied"],
  ] as const)("%s: that is a lost connection, %s, keeps its cause and code", (_, __, code, cause, reason, outcome) => {
    const error = asEtcdError(connectError("the connection", code, cause));
    expect(error).toMatchObject({ reason, outcome, code });
    expect(error?.cause).toBe(cause);
  });
});
