import type { Lease } from "./client-history.ts";
import { shortestTtl } from "./workload.ts";

type Post = (path: string, body: unknown) => Promise<{ readonly status: number; readonly text: string }>;

/** The leases that the workload made, read without the client under test. */
export async function readLeases(post: Post): Promise<Lease[]> {
  const ask = async <T>(path: string, body: unknown): Promise<T> => {
    const { status, text } = await post(path, body);
    if (status !== 200) throw new Error(`the store answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  };
  const { leases = [] } = await ask<{ leases?: { ID: string }[] }>("/v3/lease/leases", {});
  const found: Lease[] = [];
  for (const { ID } of leases) {
    const { grantedTTL } = await ask<{ grantedTTL?: string }>("/v3/lease/timetolive", { ID });
    const ttl = Number(grantedTTL);
    // The others are those that the client makes for its own ends.
    if (ttl >= shortestTtl) found.push({ id: BigInt(ID), ttl });
  }
  return found;
}
