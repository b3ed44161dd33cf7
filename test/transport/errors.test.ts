import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amend, EtcdError, invalidArgument } from "../../src/transport/errors/etcd-error.ts";

const attempts = [{ endpoint: "http://etcd:2379", ms: 5, reason: "Unreachable", outcome: "unknown" }] as const;

describe("an EtcdError", () => {
  const cause = new TypeError("fetch failed");
  const error = new EtcdError("no answer", "Unreachable", { outcome: "unknown", attempts, cause, retryAfterMs: 20 });

  it("says what happened, what became of the call, and why", () => {
    expect(error).toMatchObject({
      reason: "Unreachable",
      code: Code.Unavailable,
      outcome: "unknown",
      retryable: false,
      attempts,
      retryAfterMs: 20,
      message: "no answer",
    });
    expect(error.cause).toBe(cause);
  });

  it("is an Error under its own name, in its stack and when it is inspected too", () => {
    for (const type of [Error, EtcdError]) expect(error).toBeInstanceOf(type);
    expect(EtcdError.is(error)).toBe(true);
    expect(error.name).toBe("EtcdError");
    expect(error.stack).toMatch(/^EtcdError: no answer\n/);
    expect(inspect(error)).toMatch(/^EtcdError: no answer\n/);
    expect(Object.keys(error)).not.toContain("name");
  });

  it("prints its reason and outcome", () => {
    expect(String(error)).toBe("EtcdError: no answer (Unreachable, unknown)");
    expect(inspect(error)).toContain("Unreachable");
  });

  it("keeps the revision that a watch can start at, and can be JSON all the same", () => {
    const compacted = new EtcdError("too old", "Compacted", { outcome: "not-applied", compactRevision: 7n });
    expect(amend(compacted, { outcome: "unknown" }).compactRevision).toBe(7n);
    expect(JSON.parse(JSON.stringify(compacted))).toMatchObject({ reason: "Compacted" });
    expect(error.compactRevision).toBeUndefined();
  });

  it("lists no attempt, and is not retryable, unless told", () => {
    expect(new EtcdError("x", "Unknown", { outcome: "unknown" })).toMatchObject({
      attempts: [],
      retryable: false,
      code: Code.Unknown,
    });
  });

  it.each([
    undefined,
    null,
    "EtcdError",
    {},
    new Error("x"),
    new ConnectError("x"),
    { reason: "Unreachable", outcome: "unknown" },
  ])("is not: %s", (value) => {
    expect(EtcdError.is(value)).toBe(false);
    expect(value instanceof EtcdError).toBe(false);
  });

  it("keeps everything else when amended", () => {
    const amended = amend(error, { outcome: "not-applied", retryable: true });
    expect(amended).toMatchObject({
      message: "no answer",
      reason: "Unreachable",
      outcome: "not-applied",
      retryable: true,
      attempts,
      retryAfterMs: 20,
    });
    expect(amended.cause).toBe(cause);
    expect(error.outcome).toBe("unknown");
  });

  it("for an argument says that nothing was sent", () => {
    expect(invalidArgument("key: empty")).toMatchObject({
      reason: "InvalidArgument",
      code: Code.InvalidArgument,
      outcome: "not-applied",
      attempts: [],
      retryable: false,
    });
  });
});

describe("two copies of the package", () => {
  interface Copy {
    readonly EtcdError: typeof EtcdError;
  }
  const directory = mkdtempSync(join(tmpdir(), "fetcd-copies-"));
  let copies: readonly Copy[] = [];

  beforeAll(async () => {
    const paths = ["one.mjs", "two.mjs"].map((name) => join(directory, name));
    for (const outfile of paths) {
      buildSync({
        stdin: {
          contents: 'export { EtcdError } from "./src/transport/errors/etcd-error.ts";',
          resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
          loader: "ts",
        },
        bundle: true,
        format: "esm",
        outfile,
      });
    }
    copies = await Promise.all(
      paths.map((path) => import(/* @vite-ignore */ pathToFileURL(path).href) as Promise<Copy>),
    );
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it("know each other's errors", () => {
    const [one, two] = copies;
    if (one === undefined || two === undefined) expect.fail("not built");
    expect(one.EtcdError).not.toBe(two.EtcdError);
    const error = new one.EtcdError("x", "NoSpace", { outcome: "not-applied" });
    for (const type of [two.EtcdError, EtcdError]) expect(error).toBeInstanceOf(type);
    expect(two.EtcdError.is(error)).toBe(true);
    expect(two.EtcdError.is(new Error("x"))).toBe(false);
  });
});
