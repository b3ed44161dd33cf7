import { addAbortSignal, type Readable } from "node:stream";

/** All of standard input, as it is: etcd's values are bytes. Rejects when `signal` aborts. */
export async function readInput(signal: AbortSignal, input: Readable = process.stdin): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of addAbortSignal(signal, input)) pieces.push(piece as Uint8Array);
  return new Uint8Array(Buffer.concat(pieces));
}
