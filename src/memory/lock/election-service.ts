import type { LeaderKey } from "../../gen/v3electionpb/election_pb.ts";
import { Election } from "../../gateway-server/served-services.ts";
import { compareBytes, fromBinary, noBytes, toBinary } from "../store/comparators.ts";
import type { ServerCall } from "../../gateway-server/call.ts";
import { putCost } from "../store/cost.ts";
import { type Endpoint, stream, unary } from "../../gateway-server/rpc-endpoint.ts";
import { type KeySpan, keyRange } from "../store/key-range.ts";
import { asClient, enqueue, firstOf, isInQueue, leaveQueue, type QueueWaiter, waitForTurn } from "./queue-key.ts";
import { queueRange } from "./wait-lists.ts";
import { code, etcdFailure, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";
import type { RegisteredWatcher } from "../watch/watch-registry.ts";

const unknown = (message: string): RpcError => new RpcError(code.unknown, message);
const notLeader = (): RpcError => unknown("election: not leader");

export function electionEndpoints(server: Server): Endpoint[] {
  const { store, access, alarms, hub } = server;
  return [
    unary(Election.method.campaign, ({ name, lease, value }, call) =>
      asClient(async () => {
        const waiter = enqueue(server, call, { name, lease, value });
        if (waiter.again) write(server, waiter, value);
        await waitForTurn(server, call, name, waiter);
        if (!isInQueue(server, waiter)) throw notLeader();
        const leader = { name, key: fromBinary(waiter.key), rev: waiter.revision, lease: waiter.lease };
        return { header: waiter.header, leader };
      }),
    ),
    unary(Election.method.proclaim, ({ leader, value }, call) =>
      asClient(() => {
        const waiter = waiterOf(leader);
        const cost = putCost({ key: fromBinary(waiter.key), value });
        alarms.checkQuota(cost);
        server.change(cost);
        access.write(call, waiter.range);
        if (!isInQueue(server, waiter)) throw notLeader();
        store.write((writes) => writes.put(waiter.key, value, waiter.lease));
        return { header: server.header() };
      }),
    ),
    unary(Election.method.leader, ({ name }, call) =>
      asClient(() => {
        access.read(call, queueRange(name));
        const kv = firstOf(server, name);
        if (kv === undefined) throw unknown("election: no leader");
        return { header: server.header(), kv };
      }),
    ),
    stream(Election.method.observe, (requests, sink, call) => {
      const name = requests[0]?.name ?? noBytes;
      const range = queueRange(name);
      permit(call, range);
      let seen = 0n;
      const report = (): void => {
        const kv = firstOf(server, name);
        if (kv === undefined || kv.modRevision === seen) return;
        seen = kv.modRevision;
        sink.send({ header: server.header(), kv });
      };
      const watcher: RegisteredWatcher = { range, start: 0n, notify: report };
      hub.add(watcher);
      call.onCancel(() => hub.remove(watcher));
      report();
    }),
    unary(Election.method.resign, ({ leader }, call) =>
      asClient(() => {
        const waiter = waiterOf(leader);
        server.change();
        access.write(call, waiter.range);
        leaveQueue(server, waiter);
        return { header: server.header() };
      }),
    ),
  ];

  function permit(call: ServerCall, range: KeySpan): void {
    try {
      access.read(call, range);
    } catch (error) {
      throw error instanceof RpcError ? unknown(error.message) : error;
    }
  }
}

function waiterOf(leader: LeaderKey | undefined): Omit<QueueWaiter, "again" | "header"> {
  if (leader === undefined) throw unknown('"leader" field must be provided');
  const { key, lease, rev } = leader;
  if (key.length === 0) throw etcdFailure("emptyKey");
  return { key: toBinary(key), range: keyRange(key, noBytes), lease, revision: rev };
}

/** A second campaign with the same lease proclaims, unless the value is what it was. */
function write({ store }: Server, waiter: QueueWaiter, value: Uint8Array): void {
  const kv = store.get(waiter.key);
  if (kv === undefined || compareBytes(kv.value, value) === 0) return;
  store.write((writes) => writes.put(waiter.key, value, waiter.lease));
}
