import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { createSlots, type Slots } from "./slots.ts";

export interface ConnectionOptions {
  readonly tls: SecureContextOptions;
  readonly serverName: string | undefined;
  readonly rejectUnauthorized: boolean;
  readonly connections: number | undefined;
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
}

/** The connections of one fetch: a pool for each scheme, whose idle ones do not keep the process alive. */
export interface Connections {
  agent(scheme: Scheme): HttpAgent;
  /** Where requests wait for their turn; `undefined`: none has to. */
  readonly slots: Slots | undefined;
  /** Whether the socket was ever connected, with TLS where that is asked for. Before, nothing can have been sent. */
  wasConnected(socket: Duplex | null | undefined): boolean;
  /** Breaks all of them. Resolves when they are closed. */
  close(): Promise<void>;
}

export type Scheme = "http:" | "https:";

/** Throws what OpenSSL says of certificates and keys that it cannot read. */
export function createConnections(options: ConnectionOptions): Connections {
  const { tls, serverName, rejectUnauthorized, connections = Infinity, keepAliveMs, connectTimeoutMs } = options;
  const pool = { keepAlive: true, maxSockets: connections, timeout: keepAliveMs, autoSelectFamily: true };
  const open = new Set<Duplex>();
  const connected = new WeakSet<Duplex>();

  function observe(socket: Duplex, connectEvent: string): Duplex {
    open.add(socket);
    const timer = setTimeout(() => {
      socket.destroy(new NotConnected(`no connection within ${connectTimeoutMs} ms`, "ERR_CONNECT_TIMEOUT"));
    }, connectTimeoutMs);
    socket.once(connectEvent, () => {
      connected.add(socket);
      clearTimeout(timer);
    });
    socket.once("close", () => {
      open.delete(socket);
      clearTimeout(timer);
    });
    return socket;
  }

  function observed<T extends HttpAgent>(agent: T, connectEvent: string): T {
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (to, callback) => {
      const socket = create(to, callback);
      return socket && observe(socket, connectEvent);
    };
    return agent;
  }

  const http = observed(new HttpAgent(pool), "connect");
  const https = observed(
    new HttpsAgent({
      ...pool,
      secureContext: createSecureContext(tls),
      rejectUnauthorized,
      ...(serverName !== undefined && { servername: serverName }),
    }),
    "secureConnect",
  );
  // All that it would add is the same for each connection of this pool, and costs as much as the certificates are long.
  https.getName = (to) => http.getName(to);

  return {
    slots: connections === Infinity ? undefined : createSlots(connections),
    agent: (scheme) => (scheme === "https:" ? https : http),
    wasConnected: (socket) => socket !== null && socket !== undefined && connected.has(socket),
    async close() {
      // The agents would make more for the requests that waited, which they do not know to be over.
      http.createConnection = https.createConnection = () => undefined;
      const closed = [...open].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      for (const socket of open) socket.destroy();
      await Promise.all(closed);
    },
  };
}

/** No connection was made, so nothing was sent: what the code of the failure itself would leave open. */
export class NotConnected extends Error {
  readonly code: string;
  constructor(message: string, code: "ERR_CONNECT_TIMEOUT" | "ERR_NOT_CONNECTED") {
    super(message);
    this.name = "NotConnected";
    this.code = code;
  }
}
