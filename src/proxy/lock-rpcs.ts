import { type Endpoint, stream, unary } from "../gateway-server/rpc-endpoint.ts";
import { etcdFailure } from "../gateway-server/rpc-error.ts";
import { Election, Lock } from "../gateway-server/served-services.ts";
import type { KeyValue } from "../gen/mvccpb/kv_pb.ts";
import type { LeaderKey } from "../gen/v3electionpb/election_pb.ts";
import { noBytes } from "../v3/keys.ts";
import { keysBelow } from "./caller-rights.ts";
import { stripped } from "./kv-rpcs.ts";
import type { ProxyCall } from "./proxy-call.ts";
import type { GrantLease } from "./lease-rpcs.ts";
import { asRpcError, forward, forwardWaiting, type Upstream } from "./upstream.ts";

/** How long a lease lives, in seconds, that etcd's locks and elections make for those who bring none. */
const sessionTtl = 60n;

/**
 * etcd's own locks and elections, for clients that use them. Their keys are those below the name. etcd would make leases
 * of its own for those who bring none, which nobody could renew or revoke: `grant` makes them.
 */
export function lockRpcs({ connection }: Upstream, grant: GrantLease): Endpoint<ProxyCall>[] {
  const leaseFor = async (call: ProxyCall, lease: bigint): Promise<bigint> => {
    call.rights.checkLeases();
    return lease === 0n ? (await grant(call, 0n, sessionTtl)).ID : call.rights.leases.own(lease);
  };
  return [
    unary(Lock.method.lock, async ({ name, lease }, call: ProxyCall) => {
      const request = { name: placedName(call, name, "write"), lease: await leaseFor(call, lease) };
      const answer = await forwardWaiting(connection, call, Lock.method.lock, request);
      return { ...answer, key: call.rights.keyspace.strip(answer.key) };
    }),
    unary(Lock.method.unlock, ({ key }, call: ProxyCall) => {
      return forward(connection, call, Lock.method.unlock, { key: placedKey(call, key) });
    }),
    unary(Election.method.campaign, async ({ name, lease, value }, call: ProxyCall) => {
      const request = { name: placedName(call, name, "write"), lease: await leaseFor(call, lease), value };
      const answer = await forwardWaiting(connection, call, Election.method.campaign, request);
      return answer.leader === undefined ? answer : { ...answer, leader: strippedLeader(call, answer.leader) };
    }),
    unary(Election.method.proclaim, ({ leader, value }, call: ProxyCall) => {
      const request = { leader: placedLeader(call, leader), value };
      return forward(connection, call, Election.method.proclaim, request);
    }),
    unary(Election.method.leader, async ({ name }, call: ProxyCall) => {
      const request = { name: placedName(call, name, "read") };
      return withEntry(call, await forward(connection, call, Election.method.leader, request));
    }),
    unary(Election.method.resign, ({ leader }, call: ProxyCall) => {
      return forward(connection, call, Election.method.resign, { leader: placedLeader(call, leader) });
    }),
    stream(Election.method.observe, (requests, sink, call: ProxyCall) => {
      const [request] = requests;
      const name = placedName(call, request?.name ?? noBytes, "read");
      const { signal, done } = call.signal();
      const observe = async (): Promise<void> => {
        const { messages } = await connection.stream(Election.method.observe, [{ name }], { signal });
        for await (const answer of messages) {
          await sink.drained();
          sink.send(withEntry(call, answer));
        }
        sink.end();
      };
      observe()
        .catch((error: unknown) => sink.fail(asRpcError(error)))
        .finally(done);
    }),
  ];
}

function placedName(call: ProxyCall, name: Uint8Array, access: "read" | "write"): Uint8Array {
  if (name.length === 0) throw etcdFailure("emptyKey");
  const { key, rangeEnd } = keysBelow(name);
  call.touch("read", key, rangeEnd);
  if (access === "write") call.touch("write", key, rangeEnd);
  return call.rights.keyspace.place({ key: name, rangeEnd: noBytes }).key;
}

function placedKey(call: ProxyCall, key: Uint8Array): Uint8Array {
  if (key.length === 0) throw etcdFailure("emptyKey");
  call.touch("write", key, noBytes);
  return call.rights.keyspace.place({ key, rangeEnd: noBytes }).key;
}

/** etcd compares when the key was made, which is to read it. */
function placedLeader(call: ProxyCall, leader: LeaderKey | undefined): LeaderKey {
  if (leader === undefined) throw etcdFailure("emptyKey");
  const { name, key, rev, lease } = leader;
  call.rights.checkLeases();
  if (lease === 0n) throw etcdFailure("leaseNotFound");
  const placed = { name: placedName(call, name, "write"), key: placedKey(call, key) };
  call.touch("read", key, noBytes);
  return { ...leader, ...placed, rev, lease: call.rights.leases.own(lease) };
}

function strippedLeader({ rights: { keyspace } }: ProxyCall, leader: LeaderKey): LeaderKey {
  return { ...leader, name: keyspace.strip(leader.name), key: keyspace.strip(leader.key) };
}

function withEntry<T extends { kv?: KeyValue | undefined }>({ rights }: ProxyCall, answer: T): T {
  return answer.kv === undefined ? answer : { ...answer, kv: stripped(rights, answer.kv) };
}
