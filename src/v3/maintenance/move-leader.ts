import { Maintenance } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { amend, EtcdError } from "../../transport/errors/etcd-error.ts";
import type { WriteTracker } from "../../transport/errors/track-writes.ts";

/** How long an endpoint has to say whether it is the leader, in milliseconds. */
const searchMs = 2000;

/**
 * Sends the request to the leader, the only member that takes it. Which endpoint that is has to be found out first: one
 * that is down would hold the request, which cannot be sent again elsewhere.
 */
export async function moveLeader(
  connection: Connection,
  targetID: bigint,
  options: CallOptions,
  tracker: WriteTracker,
): Promise<void> {
  const [only, ...others] = connection.endpoints;
  const endpoint = others.length === 0 ? only : await tracker.help(() => leaderEndpoint(connection, options));
  try {
    const settings = { ...options, endpoint };
    await tracker.write(() => connection.unary(Maintenance.method.moveLeader, { targetID }, settings));
  } catch (error) {
    throw EtcdError.is(error) && error.reason === "NotLeader" ? notLeader(error) : error;
  }
}

/** Asks all at once, since some may be down. The URLs that members advertise need not be the ones that reach them. */
async function leaderEndpoint(connection: Connection, options: CallOptions): Promise<string> {
  const { signal, timeoutMs = connection.timeoutMs } = options;
  const search = connection.begin(signal, timeoutMs);
  const claims = connection.endpoints.map(async (endpoint) => {
    const settings = { endpoint, signal: search.signal, timeoutMs: Math.min(searchMs, timeoutMs) };
    const { header, leader } = await connection.unary(Maintenance.method.status, {}, settings);
    if (leader === 0n || header?.memberId !== leader) throw notLeader();
    return endpoint;
  });
  try {
    return await Promise.any(claims);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const { errors } = error as AggregateError;
    // If no member answered, say why.
    throw errors.find((each) => EtcdError.is(each) && each.reason === "NotLeader") ?? errors[0];
  } finally {
    search.abort(undefined);
    search.end();
  }
}

function notLeader(refusal?: EtcdError): EtcdError {
  const message = "none of the client's endpoints is the leader, and only that can move the leadership";
  const error = new EtcdError(message, "NotLeader", { outcome: "not-applied", cause: refusal });
  return refusal === undefined ? error : amend(error, { code: refusal.code, attempts: refusal.attempts });
}
