import { type ConnectRouter, createRouterTransport, type Transport } from "@connectrpc/connect";
import type { Connection } from "../../src/transport/connection.ts";
import { type ConnectionConfig, createConnection } from "../../src/transport/create-connection.ts";

export function connectionOver(transport: Transport, config: Partial<ConnectionConfig> = {}): Connection {
  return createConnection({
    transport,
    gateway: undefined,
    token: undefined,
    timeoutMs: 5000,
    retry: { baseMs: 1, capMs: 1 },
    requireLeader: false,
    expectedClusterId: undefined,
    log: () => undefined,
    ...config,
  });
}

/** A connection to services that a test has written, in this process. */
export function connectionTo(routes: (router: ConnectRouter) => void, config?: Partial<ConnectionConfig>): Connection {
  return connectionOver(createRouterTransport(routes), config);
}
