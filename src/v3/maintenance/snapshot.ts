import { Maintenance } from "../../transport/codec/services.ts";
import type { SnapshotResponse } from "../../gen/etcdserverpb/maintenance_pb.ts";
import * as kind from "../../transport/option-kinds.ts";
import type { Kinds } from "../../transport/options.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { type Deadline, isOurReason } from "../../transport/deadline.ts";
import { amend, EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { type OpenStream, openStream } from "../open-stream.ts";

/** How far a snapshot is. */
export interface SnapshotProgress {
  /** Bytes so far. */
  readonly received: number;
  /** Bytes of the database still to come. */
  readonly remaining: number;
}

/** `timeoutMs` is for all of the snapshot; default: none. */
export interface SnapshotOptions extends CallOptions {
  /** Called after each piece of the snapshot that arrives. */
  readonly onProgress?: ((progress: SnapshotProgress) => void) | undefined;
  /** Check the SHA-256 at the end of the snapshot. @default true */
  readonly verify?: boolean | undefined;
}

export const snapshotKinds: Kinds<Omit<SnapshotOptions, keyof CallOptions>> = {
  onProgress: kind.func,
  verify: kind.boolean,
};

/** A member that says nothing for this long while more is wanted is given up, in milliseconds. */
const silenceMs = 60_000;

/**
 * The snapshot as a stream that asks for a piece when it is read. The request goes out with the first read; cancelling
 * ends it. It is whole when the stream closes: one that is cut short or damaged makes the stream fail instead, with
 * reason `SnapshotCorrupt`.
 */
export function snapshotStream(connection: Connection, options: SnapshotOptions): ReadableStream<Uint8Array> {
  let deadline: Deadline | undefined;
  let pieces: AsyncGenerator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        deadline ??= connection.begin(options.signal, options.timeoutMs);
        pieces ??= readPieces(connection, options, deadline);
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        deadline?.abort(reason);
        // The read in progress may reject now; nobody needs its error.
        await pieces?.return(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* readPieces(
  connection: Connection,
  { onProgress, verify = true }: SnapshotOptions,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  // Loaded when it is first needed: most programs never take a snapshot, and SHA-256 is 6 % of the client.
  const check = verify ? (await import("./snapshot-check.ts")).createSnapshotCheck() : undefined;
  let received = 0;
  let remaining: number | undefined;
  let stream: OpenStream<SnapshotResponse> | undefined;
  try {
    stream = await untilSilent(deadline, () => open(connection, deadline.signal));
    const { first, rest } = stream;
    for (let answer = first; answer !== undefined; answer = await next(rest, deadline, received)) {
      received += answer.blob.length;
      remaining = Number(answer.remainingBytes);
      check?.update(answer.blob);
      onProgress?.({ received, remaining });
      if (answer.blob.length > 0) yield answer.blob;
    }
  } finally {
    await stream?.rest.return?.();
    deadline.end();
  }
  if (remaining === undefined) throw corrupt("the server sent nothing", received);
  if (remaining > 0) throw corrupt(`${remaining} bytes are missing`, received);
  if (check?.isWhole() === false) throw corrupt("its SHA-256 does not match", received);
}

/** A snapshot changes nothing: until its first piece is there, another endpoint may be asked. */
async function open(connection: Connection, signal: AbortSignal): Promise<OpenStream<SnapshotResponse>> {
  for (let others = connection.endpoints.length - 1; ; others--) {
    try {
      return await openStream(connection, Maintenance.method.snapshot, [{}], signal);
    } catch (error) {
      if (!EtcdError.is(error) || (signal.aborted && !isOurReason(signal.reason))) throw error;
      if (signal.aborted || others <= 0 || error.reason !== "Unreachable")
        throw amend(error, { outcome: "not-applied" });
    }
  }
}

async function next(
  rest: AsyncIterator<SnapshotResponse>,
  deadline: Deadline,
  received: number,
): Promise<SnapshotResponse | undefined> {
  try {
    const { done, value } = await untilSilent(deadline, () => rest.next());
    return done === true ? undefined : value;
  } catch (error) {
    // The caller's own reason, a time-out and the end of the client keep their names.
    if (deadline.signal.aborted || !EtcdError.is(error) || error.reason === "Closed") {
      throw isOurReason(error) ? amend(error, { outcome: "not-applied" }) : error;
    }
    throw corrupt(error.message, received, error);
  }
}

async function untilSilent<T>(deadline: Deadline, read: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => deadline.abort(silent()), silenceMs);
  try {
    return await read();
  } finally {
    clearTimeout(timer);
  }
}

function silent(): EtcdError {
  return notApplied(`no more of the snapshot within ${silenceMs} ms`, "Timeout");
}

function corrupt(what: string, received: number, cause?: EtcdError): EtcdError {
  const message = `the snapshot is corrupt or incomplete after ${received} bytes: ${what}`;
  return new EtcdError(message, "SnapshotCorrupt", { outcome: "not-applied", attempts: cause?.attempts, cause });
}
