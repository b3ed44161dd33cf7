import type { ResponseHeader } from "../../gen/etcdserverpb/header_pb.ts";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { fromBinary, toBinary } from "../store/comparators.ts";
import type { ServerCall } from "../../gateway-server/call.ts";
import { leaseCost, putCost } from "../store/cost.ts";
import type { KeySpan } from "../store/key-range.ts";
import { queueRange } from "./wait-lists.ts";
import { code, etcdFailure, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";
import { untilChange } from "../watch/next-change.ts";

// Locks and elections are queues of keys, named `name/` and the lease in hex. The key created first holds the lock, or
// leads.

/** Seconds of a lease that the server makes because the caller named none. Nobody renews it. */
const ownLeaseTtl = 60n;

/** A waiter in a queue. */
export interface QueueWaiter {
  readonly key: string;
  readonly range: KeySpan;
  readonly lease: bigint;
  /** Create revision of the key. */
  readonly revision: bigint;
  /** Whether the lease already had a key in the queue. */
  readonly again: boolean;
  /** The header of the answer that created the key, or found it. */
  readonly header: ResponseHeader;
}

/** The key of the queue that was created first. */
export function firstOf({ store, queues }: Server, name: Uint8Array): KeyValue | undefined {
  const key = queues.of(name).first();
  return key === undefined ? undefined : store.get(key);
}

interface EnqueueRequest {
  readonly name: Uint8Array;
  /** `0n`: the server grants one. */
  readonly lease: bigint;
  readonly value: Uint8Array;
}

/** Puts a waiter into the queue, or takes the one that the lease has already. Throws `RpcError`. */
export function enqueue(
  server: Server,
  call: ServerCall,
  { name, lease: leaseId, value }: EnqueueRequest,
): QueueWaiter {
  const { store, lessor, access, alarms } = server;
  const lease = leaseId === 0n ? ownLease(server) : leaseId;
  const key = `${toBinary(name)}/${lease < 0n ? "-" : ""}${(lease < 0n ? -lease : lease).toString(16)}`;
  const range: KeySpan = { start: key, single: true, end: undefined };
  const cost = putCost({ key: fromBinary(key), value });
  alarms.checkQuota(cost);
  server.change(cost);
  access.write(call, range);
  access.read(call, queueRange(name));
  const there = store.get(key);
  if (there !== undefined)
    return { key, range, lease, revision: there.createRevision, again: true, header: server.header() };
  if (lessor.get(lease) === undefined) throw etcdFailure("leaseNotFound");
  const revision = store.write((writes) => {
    writes.put(key, value, lease);
    return writes.revision;
  });
  return { key, range, lease, revision, again: false, header: server.header() };
}

function ownLease(server: Server): bigint {
  server.alarms.checkQuota(leaseCost);
  server.change(leaseCost);
  return server.lessor.grant(0n, ownLeaseTtl).id;
}

/**
 * Resolves when every key created before the waiter is gone; rejects with `RpcError`, and gives the waiter up, when the
 * call is canceled. Whether the waiter itself is still there is for the caller to see.
 */
export async function waitForTurn(
  server: Server,
  call: ServerCall,
  name: Uint8Array,
  waiter: QueueWaiter,
): Promise<void> {
  const { queues, hub } = server;
  try {
    for (;;) {
      const before = queues.of(name).lastBefore(waiter.revision);
      if (before === undefined) return;
      await untilChange(hub, { start: before, single: true, end: undefined }, call);
    }
  } catch (error) {
    leaveQueue(server, waiter);
    throw error;
  }
}

export function isInQueue({ store }: Server, waiter: Pick<QueueWaiter, "key" | "revision">): boolean {
  return store.get(waiter.key)?.createRevision === waiter.revision;
}

/** Deletes the key of the waiter, unless it is another one by now. */
export function leaveQueue(server: Server, waiter: Pick<QueueWaiter, "key" | "range" | "revision">): void {
  if (server.store.get(waiter.key)?.createRevision !== waiter.revision) return;
  server.store.write((writes) => writes.delete(waiter.range));
}

/**
 * As in etcd, where these services are clients of their own server, and pass on the text of an error without its code.
 */
export async function asClient<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RpcError) || error.code === code.deadlineExceeded || error.code === code.canceled)
      throw error;
    throw new RpcError(code.unknown, error.message);
  }
}
