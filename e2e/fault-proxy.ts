import { connect, createServer, type Server, type Socket } from "node:net";
import { lane, type Direction, type Ending, type Fault, type Lane } from "./fault-lane.ts";
import { freePort } from "./ports.ts";

export type { Direction, Ending, Fault } from "./fault-lane.ts";

export interface FaultCounts {
  /** Connections taken so far, and those open now. */
  readonly connections: number;
  readonly open: number;
  /** Bytes that reached the server, and the client. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** POST request lines that came from clients, whether or not they went on. None are seen inside TLS or HTTP/2. */
  readonly requests: number;
  /** Answers swallowed by "dropResponse". */
  readonly dropped: number;
}

/** A TCP proxy in front of one server that breaks what it carries. */
export interface FaultProxy {
  readonly port: number;
  /** The URL of the server, with the proxy's address. */
  readonly url: string;
  readonly counts: FaultCounts;
  /** All request lines seen, as in "POST /v3/kv/put". */
  readonly requestLines: readonly string[];
  readonly fault: Fault;
  /** Sets the fault for open connections and for new ones. Resolves when it is in force. */
  set(fault: Fault): Promise<void>;
  /** Ends all open connections, in the middle of whatever they carry. */
  cutAll(how: Ending): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a proxy on a port of 127.0.0.1 in front of a server, given as its URL. It passes all until told otherwise. */
export async function faultProxy(target: string): Promise<FaultProxy> {
  const { protocol, hostname, port: targetPort } = new URL(target);
  const port = await freePort();
  const requestLines: string[] = [];
  const counts = { connections: 0, open: 0, bytesUp: 0, bytesDown: 0, requests: 0, dropped: 0 };
  const connections = new Set<Connection>();
  let fault: Fault = { kind: "pass" };
  let dropsLeft = 0;
  let server: Server | undefined;

  const hub: Hub = {
    fault: () => fault,
    takeDrop() {
      if (dropsLeft <= 0) return false;
      dropsLeft--;
      counts.dropped++;
      return true;
    },
    count(direction, bytes) {
      if (direction === "up") counts.bytesUp += bytes;
      else counts.bytesDown += bytes;
    },
    sawRequest(line) {
      requestLines.push(line);
      if (line.startsWith("POST ")) counts.requests++;
    },
  };
  const accept = (client: Socket): void => {
    counts.connections++;
    counts.open++;
    const dial = (): Socket =>
      connect({ host: hostname, port: Number(targetPort), allowHalfOpen: true, noDelay: true });
    const connection = carry(client, dial, hub);
    connections.add(connection);
    client.once("close", () => {
      counts.open--;
      connections.delete(connection);
    });
  };
  const listen = async (): Promise<void> => {
    const listening = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept);
    await new Promise<void>((resolve, reject) => {
      listening.once("error", reject);
      listening.listen(port, "127.0.0.1", resolve);
    });
    listening.unref();
    server = listening;
  };
  const deafen = (): void => {
    // What close() waits for are the open connections; the port is free at once.
    server?.close();
    server = undefined;
  };
  const cutAll = (how: Ending): void => {
    for (const connection of connections) connection.cut(how);
  };
  const close = (): Promise<void> => {
    deafen();
    cutAll("rst");
    return Promise.resolve();
  };

  await listen();
  return {
    port,
    url: `${protocol}//127.0.0.1:${port}`,
    counts,
    requestLines,
    get fault() {
      return fault;
    },
    async set(next) {
      fault = next;
      dropsLeft = next.kind === "dropResponse" ? (next.times ?? Infinity) : 0;
      for (const connection of connections) connection.faultChanged();
      if (next.kind === "refuse") deafen();
      else if (!server) await listen();
    },
    cutAll,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Hub {
  fault(): Fault;
  takeDrop(): boolean;
  count(direction: Direction, bytes: number): void;
  sawRequest(line: string): void;
}

interface Connection {
  cut(how: Ending): void;
  faultChanged(): void;
}

function carry(client: Socket, dial: () => Socket, hub: Hub): Connection {
  let ended: Ending | undefined;
  const isCut = (): boolean => ended !== undefined;
  let server: Socket | undefined;
  let lanes: Lane[] = [];

  const cut = (how: Ending): void => {
    if (ended === "rst" || ended === "fin") return;
    ended = how;
    for (const one of lanes) one.wake();
    server?.destroy();
    if (how === "rst") client.resetAndDestroy();
    else if (how === "fin") endQuietly(client);
    else swallow(client);
  };
  const open = (): void => {
    const upstream = dial();
    server = upstream;
    client.on(
      "data",
      requestLineReader((line) => hub.sawRequest(line)),
    );
    const host = { ...hub, cut, isCut };
    const up = lane("up", client, upstream, host);
    const down = lane("down", upstream, client, host);
    lanes = [up, down];
    client.once("close", () => void up.done.then(() => upstream.destroySoon()));
    upstream.once("close", () => void down.done.then(() => (isCut() ? undefined : client.destroySoon())));
  };
  const faultChanged = (): void => {
    const fault = hub.fault();
    client.setTimeout(fault.kind === "idleCut" ? fault.ms : 0);
    const hold = fault.kind === "acceptNoRead" || (fault.kind === "blackhole" && fault.direction !== "down");
    if (!server && !hold && !isCut()) open();
    for (const one of lanes) one.wake();
  };

  client.on("error", () => {});
  client.on("timeout", () => {
    const fault = hub.fault();
    if (fault.kind === "idleCut") cut(fault.how ?? "fin");
  });
  faultChanged();
  return { cut, faultChanged };
}

/** Throws away what still comes, until the client ends it. */
function swallow(socket: Socket): void {
  socket.removeAllListeners("data");
  socket.resume();
  socket.once("end", () => socket.destroy());
}

/** Sends a FIN and throws away what still comes: closing with unread bytes would turn the FIN into a reset. */
function endQuietly(socket: Socket): void {
  swallow(socket);
  socket.end();
  const timer = setTimeout(() => socket.destroy(), 2_000);
  socket.once("close", () => clearTimeout(timer));
}

/** Reports each HTTP/1 request line in a stream of bytes, also one that arrives in pieces. */
function requestLineReader(report: (line: string) => void): (bytes: Buffer) => void {
  const requestLine = /(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH) \S+(?= HTTP\/1\.[01]\r\n)/g;
  let kept = "";
  return (bytes) => {
    const text = kept + bytes.toString("latin1");
    let read = 0;
    for (const match of text.matchAll(requestLine)) {
      report(match[0]);
      read = match.index + match[0].length;
    }
    kept = text.slice(Math.max(read, text.length - 4096));
  };
}
