import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { settled } from "./settled.ts";

/** From the client's side: "up" is towards the server. */
export type Direction = "up" | "down";

/** How a connection is ended: reset, or a FIN where more was to come; or half open: gone, and nobody tells the client. */
export type Ending = "rst" | "fin" | "silence";

/** What a proxy does to the bytes. Where a direction can be given, leaving it out means both ways. */
export type Fault =
  | { readonly kind: "pass" }
  /** Each byte arrives so much later. */
  | { readonly kind: "delay"; readonly ms: number; readonly direction?: Direction }
  /** Nobody listens: new connections are refused. Open ones live on until cutAll(). */
  | { readonly kind: "refuse" }
  /** New connections are taken, and nothing is ever read from them; open ones stand still. The server sees none. */
  | { readonly kind: "acceptNoRead" }
  /** Bytes and ends stay in the proxy, and go on when the fault is lifted. */
  | { readonly kind: "blackhole"; readonly direction?: Direction }
  /** The first bytes of a request end the connection; the server never gets them. */
  | { readonly kind: "cutRequest"; readonly how: Ending }
  /** The server gets the request and answers; the client gets a reset. `times` in all, then pass; for ever by default. */
  | { readonly kind: "dropResponse"; readonly times?: number }
  /** So many more bytes of the answers on a connection reach the client, then it ends. */
  | { readonly kind: "cutAfter"; readonly bytes: number; readonly how: Ending }
  /** Pieces of so many bytes, each in its own write. */
  | { readonly kind: "split"; readonly bytes: number; readonly direction?: Direction }
  /** All bits of the byte at this index are turned over, counted per connection from when the fault is set. */
  | { readonly kind: "flip"; readonly at: number; readonly direction: Direction }
  | { readonly kind: "throttle"; readonly bytesPerSecond: number; readonly direction?: Direction }
  /** A proxy that buffers: the client gets nothing before so many bytes are there, or the server is done. */
  | { readonly kind: "bufferUntil"; readonly bytes: number | "close" }
  /** A connection on which nothing moves for so long is ended, with a FIN by default. */
  | { readonly kind: "idleCut"; readonly ms: number; readonly how?: Ending };

/** What a lane asks of the proxy it is part of. */
export interface LaneHost {
  fault(): Fault;
  /** Whether one more answer is to be dropped; counts it. */
  takeDrop(): boolean;
  count(direction: Direction, bytes: number): void;
  cut(how: Ending): void;
  /** Whether the connection has been cut. */
  isCut(): boolean;
}

export interface Lane {
  /** The fault has changed, or the connection has been cut. */
  wake(): void;
  /** Resolves when it will carry no more bytes. */
  readonly done: Promise<void>;
}

const readAhead = 256 * 1024;

/** Carries the bytes of one direction from one socket to the other, as the fault of the moment wants it. */
export function lane(direction: Direction, from: Socket, to: Socket, host: LaneHost): Lane {
  const queue: { readonly bytes: Buffer; readonly at: number }[] = [];
  let queued = 0;
  let end: "none" | "fin" | "rst" = "none";
  let wakeUp = (): void => {};
  let fault = host.fault();
  let sinceFault = 0;
  let throttledUntil = 0;

  const wake = (): void => {
    if (host.fault() !== fault) {
      fault = host.fault();
      sinceFault = 0;
    }
    const limit = fault.kind === "bufferUntil" ? Infinity : readAhead;
    if (queued < limit) from.resume();
    wakeUp();
  };
  const woken = (ms?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const take = (bytes: number): Buffer => {
    const next = queue.shift();
    if (!next) return Buffer.alloc(0);
    if (next.bytes.length > bytes) queue.unshift({ ...next, bytes: next.bytes.subarray(bytes) });
    const taken = next.bytes.subarray(0, bytes);
    queued -= taken.length;
    if (queued < readAhead) from.resume();
    return taken;
  };
  /** Resolves when the kernel has the bytes, so that a reset right after does not swallow them. */
  const deliver = (bytes: Buffer): Promise<void> => {
    sinceFault += bytes.length;
    host.count(direction, bytes.length);
    return new Promise((resolve) => {
      if (to.destroyed || bytes.length === 0) return resolve();
      to.write(bytes, () => resolve());
    });
  };

  const step = async (next: { readonly bytes: Buffer; readonly at: number }): Promise<void> => {
    const all = next.bytes.length;
    switch (fault.kind) {
      case "delay": {
        const wait = next.at + fault.ms - performance.now();
        return wait > 0 ? woken(wait) : deliver(take(all));
      }
      case "cutRequest":
        return direction === "up" ? host.cut(fault.how) : deliver(take(all));
      case "dropResponse":
        return direction === "down" && host.takeDrop() ? host.cut("rst") : deliver(take(all));
      case "cutAfter": {
        if (direction === "up") return deliver(take(all));
        await deliver(take(Math.min(all, fault.bytes - sinceFault)));
        if (sinceFault < fault.bytes) return;
        // A reset on the heels of the bytes would pass for an end, or take them along; see settled().
        await settled();
        return host.cut(fault.how);
      }
      case "split":
        await deliver(take(fault.bytes));
        // A turn of the loop apart, the pieces leave in writes of their own.
        return nextTurn();
      case "flip": {
        const index = fault.at - sinceFault;
        const bytes = Buffer.from(take(all));
        const flipped = bytes[index];
        if (flipped !== undefined) bytes[index] = flipped ^ 0xff;
        return deliver(bytes);
      }
      case "throttle": {
        const wait = throttledUntil - performance.now();
        if (wait > 0) return woken(wait);
        const piece = take(Math.max(1, Math.floor(fault.bytesPerSecond / 50)));
        throttledUntil = performance.now() + (piece.length / fault.bytesPerSecond) * 1000;
        return deliver(piece);
      }
      case "bufferUntil": {
        const enough = fault.bytes !== "close" && sinceFault + queued >= fault.bytes;
        return direction === "up" || enough || end !== "none" ? deliver(take(all)) : woken();
      }
      default:
        return deliver(take(all));
    }
  };
  const pump = async (): Promise<void> => {
    while (!host.isCut()) {
      const [next] = queue;
      const { kind } = fault;
      const applies = !("direction" in fault) || fault.direction === undefined || fault.direction === direction;
      if (kind === "acceptNoRead" || (kind === "blackhole" && applies)) await woken();
      else if (next) await (applies ? step(next) : deliver(take(next.bytes.length)));
      else if (end === "rst") return host.cut("rst");
      else if (end === "fin") return void to.end();
      else await woken();
    }
  };

  from.on("data", (bytes: Buffer) => {
    queue.push({ bytes, at: performance.now() });
    queued += bytes.length;
    if (queued >= readAhead && fault.kind !== "bufferUntil") from.pause();
    wakeUp();
  });
  from.on("end", () => {
    end = "fin";
    wakeUp();
  });
  from.on("error", () => {
    end = "rst";
    wakeUp();
  });
  from.on("close", () => {
    if (end === "none") end = "rst";
    wakeUp();
  });
  return { wake, done: pump() };
}
