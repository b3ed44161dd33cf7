// Calls that must not compile, one mistake each. `npm run check` fails if one of them does; nothing runs it.
import type { Transport } from "@connectrpc/connect";
import { boolean, string } from "valibot";
import { createFlags, type Flags } from "../../src/flags/index.ts";
import {
  cache,
  compare,
  createEtcd,
  election,
  type Etcd,
  type EtcdError,
  lock,
  mutex,
  op,
  type WatchEvent,
} from "../../src/index.ts";

declare const etcd: Etcd;
declare const transport: Transport;
declare const error: EtcdError;
declare const event: WatchEvent;
declare const flags: Flags<{ dark: boolean }>;

export function mistakes(): void {
  // @ts-expect-error an option that does not exist
  createEtcd({ endpoint: "https://a:2379" });
  // @ts-expect-error half of the credentials
  createEtcd({ auth: { username: "u" } });
  // @ts-expect-error two ways to prove who one is
  createEtcd({ auth: { username: "u", password: "p", token: "t" } });
  // @ts-expect-error a transport knows its own endpoint
  createEtcd({ transport, endpoints: "https://a:2379" });
  // @ts-expect-error a transport does not fetch through the client
  createEtcd({ transport, fetch: globalThis.fetch });
  // @ts-expect-error a password of nobody
  createEtcd({ auth: { password: "p" } });
  // @ts-expect-error the only word for it is "auto", or a yes or no
  createEtcd({ requireLeader: "always" });

  // @ts-expect-error a number is not a key
  void etcd.get(1);
  // @ts-expect-error a range is not a key
  void etcd.get({ prefix: "a/" });
  // @ts-expect-error revisions are bigint
  void etcd.get("a", { revision: 1 });
  // @ts-expect-error two selectors in one
  void etcd.range({ prefix: "a/", from: "b" });
  // @ts-expect-error an end without a start
  void etcd.range({ to: "b" });
  // @ts-expect-error the whole keyspace is asked for with true
  void etcd.range({ all: false });
  // @ts-expect-error a put takes no limit
  void etcd.put("a", "1", { limit: 1 });
  // @ts-expect-error values are text or bytes
  void etcd.put("a", { b: 1 });
  // @ts-expect-error a create has no entry before it
  void etcd.create("a", "1", { prev: true });
  // @ts-expect-error a guard is of a revision
  void etcd.put("a", "1", { guard: { version: 1n } });
  // @ts-expect-error keep the lease or set one
  void etcd.put("a", "1", { ignoreLease: true, lease: 1n });
  // @ts-expect-error an entry, not its key
  void etcd.update("a", "1");

  // @ts-expect-error an operator etcd does not have
  compare.version("a", ">=", 1n);
  // @ts-expect-error an operator of another language
  compare.value("a", "==", "1");
  // @ts-expect-error a step may not keep the lease and set one either
  op.put("a", "1", { ignoreLease: true, lease: 1n });
  // @ts-expect-error versions are bigint
  compare.version("a", "=", 1);
  // @ts-expect-error a comparison is not a step
  void etcd.txn({ then: [compare.exists("a")] });
  // @ts-expect-error a step is not a comparison
  void etcd.txn({ if: [op.get("a")] });
  // @ts-expect-error results that were not asked for
  void etcd.txn({ then: [op.get("a")] }).then(({ succeeded, results }) => succeeded && results[1]);
  // @ts-expect-error a put has no entries
  void etcd.txn({ then: [op.put("a", "1")] }).then(({ succeeded, results }) => succeeded && results[0].entries);

  // @ts-expect-error there are puts and deletes
  etcd.watch("a", { only: "create" });
  // @ts-expect-error revisions are bigint
  etcd.watch("a", { from: 1 });
  // @ts-expect-error a delete and a put look different, nothing else does
  if (event.type === "create") return;

  // @ts-expect-error there are two ways to keep up
  void cache(etcd, "a", { mode: "push" });
  // @ts-expect-error a function is not a schema
  void cache(etcd, "a", { parse: (value: unknown) => value });
  // @ts-expect-error revisions are bigint
  void cache(etcd, "a").then(({ waitFor }) => waitFor(1));

  // @ts-expect-error a flag that the program does not know
  flags.get("drak");
  // @ts-expect-error a flag is what its default is
  const text: string = flags.get("dark");
  // @ts-expect-error a schema that makes something else than the default
  createFlags(etcd, { prefix: "flags/", defaults: { dark: false }, schema: { dark: string() } });
  // @ts-expect-error a schema for a flag without a default
  createFlags(etcd, { prefix: "flags/", defaults: { dark: false }, schema: { dark: boolean(), drak: boolean() } });
  // @ts-expect-error flags without defaults
  createFlags(etcd, { prefix: "flags/" });
  void text;

  // @ts-expect-error a time to live is a number of seconds
  void etcd.lease.grant(60n);
  // @ts-expect-error ids are bigint
  void etcd.lease.revoke(1);
  // @ts-expect-error no such permission
  void etcd.auth.roles.grantPermission("r", "write-only", "a");
  // @ts-expect-error a time to live is a number of seconds
  void lock(etcd, "a", { ttl: 30n });
  // @ts-expect-error a lock is held under a session, not under a lease
  mutex(etcd, "a", { session: 5n });
  // @ts-expect-error waiting without end is what no time means
  void mutex(etcd, "a").acquire({ timeoutMs: "forever" });
  // @ts-expect-error a campaign proclaims something
  void election(etcd, "a").campaign();

  // @ts-expect-error reasons are a closed set
  if (error.reason === "ErrCompacted") return;
}
