import { raceAbort } from "../../transport/deadline.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Scope } from "../scope.ts";
import { type Session, session as startSession } from "./session.ts";

/** Starts a session that is not wanted any more if the scope ends before: then it ends as soon as it is there. */
export async function ownSession(etcd: Etcd, ttl: number = 60, scope: Scope): Promise<Session> {
  const { signal } = scope;
  const starting = startSession(etcd, { ttl });
  try {
    return await raceAbort(starting, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw await scope.failed(
      signal.reason,
      starting.then((late) => late.close()),
    );
  }
}
