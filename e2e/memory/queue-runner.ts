import { expect } from "vitest";
import { type Answer, comparable, type Post } from "./comparable-answers.ts";
import type { QueueStep } from "./queue-programs.ts";
import type { SideBySide } from "./side-by-side.ts";

const leases = [401, 402, 403, 404];
const hex = (lease: number): string => lease.toString(16);

/** The keys of all queues. */
async function queued(post: Post): Promise<string> {
  const range = { key: btoa("n/"), range_end: btoa("n0"), keys_only: true };
  const { kvs = [] } = (await post("/v3/kv/range", range)).body as { kvs?: { key: string }[] };
  return kvs.map(({ key }) => key).join();
}

interface Holder {
  readonly key: string;
  readonly create_revision: string;
  readonly lease: string;
}

/** A call that both servers were told, and their answers as they come. */
interface Told {
  readonly what: string;
  readonly key: string;
  readonly real: Promise<Answer>;
  readonly ours: Promise<Answer>;
  answer?: Answer;
}

/**
 * Tells both servers the steps. A lock or a campaign may have to wait; the next step comes when the real server has done
 * what memory has done by then: answered the same calls, or put the same key into the queue.
 */
export async function runQueues({ real, ours }: Pick<SideBySide, "real" | "ours">, steps: readonly QueueStep[]) {
  const log: string[] = [];
  let waiting: Told[] = [];

  const both = async (path: string, body: unknown): Promise<Answer> => {
    log.push(`${path} ${JSON.stringify(body)}`);
    const [expected, answer] = await Promise.all([real(path, body), ours(path, body)]);
    expect(comparable(answer), log.join("\n")).toEqual(comparable(expected));
    return answer;
  };
  const holderOf = async (name: string): Promise<Holder | undefined> => {
    const body = { key: btoa(`${name}/`), range_end: btoa(`${name}0`), sort_target: "CREATE", limit: "1" };
    const { kvs } = (await ours("/v3/kv/range", body)).body as { kvs?: Holder[] };
    return kvs?.[0];
  };

  /** Calls that memory has answered by now are answered by the real server too, and the others wait there. */
  const settle = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const done = waiting.filter(({ answer }) => answer !== undefined);
    waiting = waiting.filter(({ answer }) => answer === undefined);
    for (const told of done) {
      log.push(`answered: ${told.what}`);
      const expected = await told.real;
      // Where the lease has ended in the queue, real servers tell of a lock or a leadership that there is none of.
      if (/session is expired|not leader/.test(JSON.stringify(told.answer))) continue;
      expect(comparable(told.answer), log.join("\n")).toEqual(comparable(expected));
    }
    if (waiting.length === 0) return;
    const expected = await queued(ours);
    const deadline = performance.now() + 10_000;
    while ((await queued(real)) !== expected) {
      if (performance.now() > deadline) throw new Error(`not in the queue within 10 s:\n${log.join("\n")}`);
    }
  };

  for (const lease of leases) await both("/v3/lease/grant", { ID: String(lease), TTL: "3000" });
  for (const step of steps) {
    if (step.do === "lock" || step.do === "campaign") {
      const path = step.do === "lock" ? "/v3/lock/lock" : "/v3/election/campaign";
      const body = { name: btoa(step.name), lease: String(step.who), value: btoa(step.value) };
      // Twice in a queue with one key: two calls that end at the same time, in any order.
      const key = btoa(`${step.name}/${hex(step.who)}`);
      if (waiting.some((told) => told.key === key)) continue;
      const { value: _, ...lock } = body;
      const request = step.do === "lock" ? lock : body;
      const what = `${path} ${JSON.stringify(request)}`;
      log.push(what);
      const told: Told = { what, key, real: real(path, request), ours: ours(path, request) };
      void told.ours.then((answer) => (told.answer = answer));
      waiting.push(told);
    } else if (step.do === "revoke") {
      await both("/v3/lease/revoke", { ID: String(step.who) });
    } else if (step.do === "leader") {
      await both("/v3/election/leader", { name: btoa(step.name) });
    } else {
      const holder = await holderOf(step.name);
      const key = holder?.key ?? btoa(`${step.name}/none`);
      const leader = { name: btoa(step.name), key, rev: holder?.create_revision ?? "1", lease: holder?.lease ?? "401" };
      if (step.do === "unlock") await both("/v3/lock/unlock", { key });
      else if (step.do === "resign") await both("/v3/election/resign", { leader });
      else await both("/v3/election/proclaim", { leader, value: btoa(step.value) });
    }
    await settle();
  }
  while (waiting.length > 0) {
    const [{ key } = { key: "" }] = waiting;
    const queue = atob(key).replace(/\/[^/]*$/, "");
    const holder = await holderOf(queue);
    await both("/v3/lock/unlock", { key: holder?.key ?? key });
    await settle();
  }
  for (const lease of leases) await both("/v3/lease/revoke", { ID: String(lease) });
}
