import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./ports.ts";

/** Who a member is to the links: its name, its process (which changes with every start), its real peer port. */
export interface LinkedMember {
  readonly name: string;
  readonly peerPort: number;
  pid(): number | undefined;
}

/** Relays between the members of one cluster, in front of each member's peer port. */
export interface PeerLinks {
  /** The port other members reach `name` at. */
  portOf(name: string): number;
  /** Cuts all links of a member, both ways: bytes vanish, new connections hang, as when a cable is pulled. */
  isolate(name: string): void;
  /** Connects a member again. Connections that stood still are reset, so that its peers dial anew at once. */
  heal(name: string): void;
  close(): void;
}

interface Pipe {
  readonly from: string | undefined;
  readonly to: string;
  readonly sockets: Socket[];
}

/** Opens one relay for each member. */
export async function peerLinks(members: readonly LinkedMember[]): Promise<PeerLinks> {
  const ports = new Map<string, number>();
  const servers: Server[] = [];
  const links = new Set<Pipe>();
  const isolated = new Set<string>();
  const isCut = (link: Pipe): boolean => isolated.has(link.to) || (link.from !== undefined && isolated.has(link.from));

  const accept = (member: LinkedMember, port: number, incoming: Socket): void => {
    const from = members.find((other) => ownsConnection(other.pid(), incoming.remotePort ?? 0, port))?.name;
    const outgoing = connect({ port: member.peerPort, host: "127.0.0.1", noDelay: true });
    const link: Pipe = { from, to: member.name, sockets: [incoming, outgoing] };
    links.add(link);
    for (const [here, there] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      here.setNoDelay(true);
      here.on("data", (chunk) => {
        // What arrives on a cut link waits for a healing that resets it: it is never delivered.
        if (isCut(link)) here.pause();
        else if (!there.write(chunk)) here.pause();
      });
      there.on("drain", () => {
        if (!isCut(link)) here.resume();
      });
      here.on("end", () => {
        if (!isCut(link)) there.end();
      });
      here.on("error", () => {});
      here.on("close", () => {
        // The far end of a cut link must not learn that the near end is gone.
        if (!isCut(link)) there.destroy();
        if (there.destroyed) links.delete(link);
      });
    }
  };

  for (const member of members) {
    const port = await freePort();
    const server = createServer({ allowHalfOpen: true }, (socket) => accept(member, port, socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    server.unref();
    servers.push(server);
    ports.set(member.name, port);
  }

  const reset = (which: (link: Pipe) => boolean): void => {
    for (const link of [...links].filter(which)) for (const socket of link.sockets) socket.resetAndDestroy();
  };
  return {
    portOf(name) {
      const port = ports.get(name);
      if (port === undefined) throw new Error(`no member ${name}`);
      return port;
    },
    isolate(name) {
      if (process.platform !== "linux") throw new Error("isolate() tells the members apart by /proc: it needs Linux.");
      isolated.add(name);
    },
    heal(name) {
      const cut = [...links].filter(isCut);
      isolated.delete(name);
      reset((link) => cut.includes(link) && !isCut(link));
    },
    close() {
      for (const server of servers) server.close();
      reset(() => true);
    },
  };
}

/**
 * Whether a process holds the local end of a TCP connection between two ports of 127.0.0.1. Members all come from the
 * same address, and only some of their requests name the sender, so the kernel is asked who opened the connection.
 */
function ownsConnection(pid: number | undefined, localPort: number, remotePort: number): boolean {
  if (pid === undefined) return false;
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  try {
    const row = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .find(([, local, remote]) => local?.endsWith(`:${hex(localPort)}`) && remote?.endsWith(`:${hex(remotePort)}`));
    const inode = row?.[9];
    if (inode === undefined) return false;
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
