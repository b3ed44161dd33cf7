import { raceAbort } from "../../transport/deadline.ts";
import type { Etcd } from "../../v3/client.ts";
import { type Session, session as startSession } from "./session.ts";

/** Starts a session that is not wanted any more if `signal` aborts before: then it ends as soon as it is there. */
export async function ownSession(etcd: Etcd, ttl: number = 60, signal: AbortSignal): Promise<Session> {
  const starting = startSession(etcd, { ttl });
  try {
    return await raceAbort(starting, signal);
  } catch (error) {
    starting.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
}
