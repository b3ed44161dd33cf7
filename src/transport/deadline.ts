import { boundBy, type Deadline } from "./abort.ts";
import type { Aborter } from "./on-abort.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import * as kind from "./option-kinds.ts";
import { check } from "./options.ts";

export { boundBy, type Deadline, pause, raceAbort, untilAbort } from "./abort.ts";
export { onAbort } from "./on-abort.ts";

/** Bounds a piece of work by a time, after which it aborts with an `EtcdError` (`Timeout`), and by the caller's signal. */
export function startDeadline(timeoutMs: number, signal?: AbortSignal, onEnd?: () => void, own?: Aborter): Deadline {
  if (signal !== undefined) check(kind.signal, signal, "signal");
  return boundBy(timeoutMs, signal, () => timeoutError(timeoutMs), { onEnd, own });
}

/** A time to wait, of any length, a part of a millisecond or for ever: what a caller has left of its own time. */
export function checkTimeout(timeoutMs: unknown): number {
  return check(kind.milliseconds, timeoutMs, "timeoutMs");
}

/** The time-out of a Connect call as a limit: as everywhere in Connect, none, zero and less mean no limit. */
export function limitOf(timeoutMs: number | undefined): number {
  return timeoutMs === undefined || timeoutMs <= 0 ? Infinity : timeoutMs;
}

export function timeoutError(timeoutMs: number): EtcdError {
  return ourReason(new EtcdError(`no answer within ${timeoutMs} ms`, "Timeout", { outcome: "unknown" }));
}

/** On the error itself, by a registered symbol: a client also knows the reasons of another copy of this package. */
const ours = Symbol.for("fetcd.ourReason");

/**
 * Marks an error that we end a call with. A caller's signal may end it with an `EtcdError` as well, such as the loss of a
 * lease, which the call must reject with as it is.
 */
export function ourReason(error: EtcdError): EtcdError {
  return Object.defineProperty(error, ours, { value: true });
}

export function isOurReason(reason: unknown): reason is EtcdError {
  return EtcdError.is(reason) && ours in reason;
}
