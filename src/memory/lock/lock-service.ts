import { Lock } from "../../gateway-server/served-services.ts";
import { fromBinary, noBytes } from "../store/comparators.ts";
import { type Endpoint, unary } from "../../gateway-server/rpc-endpoint.ts";
import { keyRange } from "../store/key-range.ts";
import { asClient, enqueue, isInQueue, waitForTurn } from "./queue-key.ts";
import { code, etcdFailure, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";

export function lockEndpoints(server: Server): Endpoint[] {
  return [
    unary(Lock.method.lock, (request, call) =>
      asClient(async () => {
        const waiter = enqueue(server, call, { name: request.name, lease: request.lease, value: noBytes });
        await waitForTurn(server, call, request.name, waiter);
        // A lease may end while its key waits, and then others hold the lock.
        if (!isInQueue(server, waiter)) throw new RpcError(code.unknown, "mutex: session is expired");
        return { header: server.header(), key: fromBinary(waiter.key) };
      }),
    ),
    unary(Lock.method.unlock, ({ key }, call) =>
      asClient(() => {
        if (key.length === 0) throw etcdFailure("emptyKey");
        const range = keyRange(key, noBytes);
        server.change();
        server.access.write(call, range);
        server.store.write((writes) => writes.delete(range));
        return { header: server.header() };
      }),
    ),
  ];
}
