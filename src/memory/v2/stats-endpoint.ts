import { jsonReply, methodFault, notFound, type Reply } from "./reply.ts";
import type { V2State } from "./v2-state.ts";

/** `/v2/stats`. `path`: what comes after that. */
export function answerStats(state: V2State, path: string, method: string): Reply {
  const body = statsOf(state, path);
  if (body === undefined) return notFound;
  const reply = jsonReply(200, body);
  return methodFault(method, "GET") ?? { ...reply, body: reply.body.trimEnd() };
}

function statsOf({ server, store, startedAt }: V2State, path: string): unknown {
  const id = server.memberId.toString(16);
  if (path === "/store") return { ...store.stats, watchers: store.watchers.size };
  if (path === "/leader") return { leader: id, followers: {} };
  if (path !== "/self") return undefined;
  const startTime = new Date(startedAt).toISOString();
  const uptime = durationText(store.now() - startedAt);
  const name = server.members.list().find(({ ID }) => ID === server.memberId)?.name ?? "";
  const leaderInfo = { leader: id, uptime, startTime };
  return { name, id, state: "StateLeader", startTime, leaderInfo, recvAppendRequestCnt: 0, sendAppendRequestCnt: 0 };
}

/** A duration as Go writes it, such as "1h2m3.5s". */
export function durationText(ms: number): string {
  if (ms < 1000) return ms === 0 ? "0s" : `${ms}ms`;
  const seconds = `${(ms % 60_000) / 1000}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}
