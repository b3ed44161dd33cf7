import { createServer } from "node:net";

const lowest = 12_000;
const highest = 30_000;

/** By this process: a client may still keep a connection to the server that had one of them last. */
const given = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that is free now, below the range systems take ports for outgoing connections from: a
 * member that is down keeps its port, since no connection can be given it by chance (nor connect to itself). No two
 * calls get the same one.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${lowest} and ${highest}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
