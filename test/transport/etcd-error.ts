import { inspect } from "node:util";
import { expect } from "vitest";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";

/** Stand for a password and a token in requests: no error may show them. */
export const passwordCanary = "PW_CANARY_71f2";
export const tokenCanary = "TOK_CANARY_93ab";

const inJson = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** Everything that a log, a console or a crash report may print of a value. */
export function printed(value: unknown): string {
  const texts: string[] = [];
  for (let error = value, depth = 0; error !== undefined && depth < 10; depth++) {
    texts.push(String(error), inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error, inJson) ?? "");
    if (!(error instanceof Error)) break;
    texts.push(
      error.message,
      error.stack ?? "",
      JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(error)), inJson),
    );
    error = error.cause;
  }
  return texts.join("\n");
}

export function expectNoSecret(value: unknown): void {
  const text = printed(value);
  expect(text).not.toContain(passwordCanary);
  expect(text).not.toContain(tokenCanary);
}

/** The `EtcdError` that `work` rejects with or throws; fails when it succeeds or fails otherwise. */
export async function etcdErrorOf(work: Promise<unknown> | (() => unknown)): Promise<EtcdError> {
  const thrown = await thrownBy(work);
  if (!EtcdError.is(thrown)) expect.fail(`expected an EtcdError, got ${inspect(thrown)}`);
  expectNoSecret(thrown);
  return thrown;
}

/** Whatever `work` rejects with or throws. */
export async function thrownBy(work: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    const result = await (typeof work === "function" ? work() : work);
    expect.fail(`expected an error, got ${inspect(result)}`);
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") throw error;
    return error;
  }
}
