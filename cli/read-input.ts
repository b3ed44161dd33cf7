import { addAbortSignal, type Readable } from "node:stream";

/** Reads all of standard input as bytes, since values in etcd need not be text. Rejects when `signal` aborts. */
export async function readInput(signal: AbortSignal, input: Readable = process.stdin): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of addAbortSignal(signal, input)) pieces.push(piece as Uint8Array);
  return new Uint8Array(Buffer.concat(pieces));
}
