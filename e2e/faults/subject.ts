import { expect, it, onTestFinished } from "vitest";
import type { LogEvent } from "../../src/transport/log.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { createEtcd, type Etcd } from "../../src/v3/client.ts";
import type { GatewayOptions } from "../../src/v3/client-options.ts";
import { passwordCanary, printed, thrownBy, tokenCanary } from "../../test/transport/etcd-error.ts";
import type { Etcd as Server, EtcdMember } from "../etcd.ts";
import { faultProxy, type FaultProxy } from "../fault-proxy.ts";
import { responder, type Responder } from "../responder.ts";

// The client under test. Whatever it says, in errors and to its logger, is kept and searched for secrets.

export { passwordCanary, tokenCanary };

const secrets = new Set([passwordCanary, tokenCanary]);
const said: string[] = [];

/** A client that is closed after the test. It sends a token, unless the test says how it is to log in. */
export function client(
  endpoints: NonNullable<GatewayOptions["endpoints"]>,
  options: Omit<GatewayOptions, "endpoints"> = {},
): Etcd {
  const logger = (event: LogEvent): void => {
    said.push(printed(event));
    options.logger?.(event);
  };
  const etcd = createEtcd({ auth: { token: tokenCanary }, ...options, endpoints, logger });
  onTestFinished(() => etcd.close());
  return etcd;
}

/** A server of 3.4 refuses any token while it has auth off: there the client goes without. */
export function clientOf(
  server: Server,
  endpoints: string | readonly string[],
  options: Omit<GatewayOptions, "endpoints"> = {},
): Etcd {
  return client(endpoints, { ...(server.version.startsWith("3.4.") ? { auth: undefined } : {}), ...options });
}

/** From now on this must not be said. Returns it. */
export function secret(value: string): string {
  secrets.add(value);
  return value;
}

/** Ends what a test has done to the members of a server. Resolves when all of them are ready again. */
export async function mended(server: Server): Promise<void> {
  for (const member of server.members) {
    if (member.state === "paused") member.resume();
    if (member.state === "down") await member.start();
    if (member.isolated) member.heal();
  }
  await server.waitReady();
}

/** The leader of three members, and the others. */
export async function ranked(server: Server): Promise<{ leader: EtcdMember; followers: [EtcdMember, EtcdMember] }> {
  const leader = await server.leader();
  const [one, other] = server.members.filter((member) => member !== leader);
  if (one === undefined || other === undefined) throw new Error("two followers");
  return { leader, followers: [one, other] };
}

/** The `EtcdError` that `work` rejects with; fails when it succeeds or fails otherwise. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<EtcdError> {
  const thrown = await thrownBy(work);
  said.push(printed(thrown));
  if (!EtcdError.is(thrown)) expect.fail(`expected an EtcdError, got ${printed(thrown)}`);
  return thrown;
}

/** What a call came to: its result, or its `EtcdError`. */
export type Settled<T> = { readonly value: T; readonly error?: undefined } | { readonly error: EtcdError };

export async function settled<T>(work: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await work };
  } catch (error) {
    said.push(printed(error));
    if (!EtcdError.is(error)) throw error;
    return { error };
  }
}

/** To be called at the end of a file. */
export function itTellsNoSecret(): void {
  it("S2: no error and no log event of all these faults shows a password or a token", () => {
    expect(said.length).toBeGreaterThan(0);
    const text = said.join("\n");
    for (const each of secrets) expect(text.includes(each), `a secret of ${each.length} letters`).toBe(false);
  });
}

/** A proxy in front of each URL, for one test. */
export async function proxies(urls: readonly string[]): Promise<readonly FaultProxy[]> {
  const all = await Promise.all(urls.map((url) => faultProxy(url)));
  onTestFinished(async () => {
    await Promise.all(all.map((proxy) => proxy.close()));
  });
  return all;
}

/** A proxy in front of the first member, for one test. */
export async function proxyOf(server: Server): Promise<FaultProxy> {
  return first(await proxies(server.endpoints.slice(0, 1)));
}

/** A scripted server for one test. */
export async function script(...args: Parameters<typeof responder>): Promise<Responder> {
  const server = await responder(...args);
  onTestFinished(() => server.close());
  return server;
}

/** How often a path was asked for. */
export function count({ requestLines }: FaultProxy, path: string): number {
  return requestLines.filter((line) => line === `POST ${path}`).length;
}

export function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error("an empty list");
  return one;
}

/** Runs `work` on each, at most so many at a time. */
export async function each<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: atATime }, runner));
  return results;
}

/** `name-0`, `name-1` and so on. */
export function names(name: string, length: number): string[] {
  return Array.from({ length }, (_, i) => `${name}-${i}`);
}
