import { expect } from "vitest";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { type Answer, comparable, pipeline, type Post, poster } from "./comparable-answers.ts";

/** The lines of releases that there are servers of, and the gateway that they were built with. */
export const targets = [
  { version: "3.4", dialect: "gateway1" },
  { version: "3.5", dialect: "gateway2" },
] as const;

/** One request to the gateway. */
export interface Step {
  readonly path: string;
  /** Revisions are counted back from the newest one at the time it is sent. */
  body(now: bigint, learner: string): unknown;
  /** It is about the member added last. */
  readonly ofLearner?: true;
  /** A user whose token, of the last time that it signed in, is sent; a name with a dot is a token itself. */
  readonly as?: string;
}

/** One of the two servers, with what it has given out. */
class Side {
  readonly #post: Post;
  readonly #tokens = new Map<string, string>();
  #learner = "12345";

  constructor(post: Post) {
    this.#post = post;
  }

  async take({ path, body, as }: Step, now: bigint): Promise<Answer> {
    const request = body(now, this.#learner);
    const token = as === undefined || as.includes(".") ? as : (this.#tokens.get(as) ?? `${as}.1`);
    const answer = await this.#post(path, request, token);
    const { token: issued, member } = (answer.body ?? {}) as { token?: string; member?: { ID: string } };
    if (issued !== undefined) this.#tokens.set((request as { name: string }).name, issued);
    if (member !== undefined) this.#learner = member.ID;
    return answer;
  }
}

/** A memory and a real etcd that are told the same. */
export interface SideBySide {
  readonly etcd: Etcd;
  readonly memory: MemoryEtcd;
  readonly url: string;
  readonly real: Post;
  readonly ours: Post;
  /** Tells both the steps, in this order, and expects equal answers, header revision and texts included. */
  run(steps: readonly Step[]): Promise<void>;
  close(): Promise<void>;
}

export async function sideBySide(target: (typeof targets)[number]): Promise<SideBySide> {
  const etcd = await startEtcd({ version: target.version });
  const memory = createMemoryEtcd({ ...target, minLeaseTtl: 1, v2: false });
  const url = etcd.endpoints[0] ?? "";
  const [toReal, toOurs] = [poster(url, fetch), poster(url, memory.fetch)];
  const line = pipeline(url);
  const [real, ours] = [new Side(line.post), new Side(toOurs)];
  return {
    etcd,
    memory,
    url,
    real: toReal,
    ours: toOurs,
    async run(steps) {
      const told: string[] = [];
      const asked: Promise<void>[] = [];
      for (const step of steps) {
        // What earlier answers gave out has to be there first.
        if (step.as !== undefined || step.ofLearner) await Promise.all(asked);
        const now = memory.revision;
        told.push(`${step.path} ${JSON.stringify(step.body(now, "learner"))}${step.as ? ` as ${step.as}` : ""}`);
        const soFar = told.length;
        const expected = real.take(step, now);
        const answer = await ours.take(step, now);
        const same = expected.then(
          (theirs) => expect(comparable(answer), told.slice(0, soFar).join("\n")).toEqual(comparable(theirs)),
          (error: unknown) => {
            throw new Error(`${told.join("\n")}\n${etcd.members[0]?.log().slice(-3000)}`, { cause: error });
          },
        );
        same.catch(() => undefined);
        asked.push(same);
      }
      await Promise.all(asked);
    },
    async close() {
      memory.close();
      await line.close();
      await etcd.close();
    },
  };
}
