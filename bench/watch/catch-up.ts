import type { createEtcd as CreateEtcd } from "../../src/index.ts";
import { median } from "../measure.ts";
import { readLines } from "./ways.ts";

// What one event of a catch-up costs where no network and no etcd take part: the answer is in memory, in the pieces and
// lines in which etcd sends it.

const revisions = 20_000;
const perLine = 1000;
const rounds = 15;
const value = btoa("v".repeat(100));

/** Processor time per event beside that of the least to be done, each round both, and the median of the ratios. */
export async function catchUpTable(createEtcd: typeof CreateEtcd): Promise<void> {
  const pieces = answer();
  const client = (): ReturnType<typeof CreateEtcd> =>
    createEtcd({ fetch: () => Promise.resolve(new Response(bodyOf(pieces))) });
  const reading = {
    events: async () => {
      await using etcd = client();
      let left = revisions;
      for await (const _ of etcd.watch("hot", { from: 2n })) if (--left === 0) break;
    },
    "events and their text()": async () => {
      await using etcd = client();
      let left = revisions;
      for await (const { entry } of etcd.watch("hot", { from: 2n })) if (entry.text() === "" || --left === 0) break;
    },
    batches: async () => {
      await using etcd = client();
      let left = revisions;
      for await (const { events } of etcd.watch("hot", { from: 2n }).batches())
        if ((left -= events.length) === 0) break;
    },
  };
  const least = (): Promise<void> => readLines(bodyOf(pieces), () => undefined);
  console.log(
    `\n${"catch-up, no network".padEnd(34)}${"cpu µs/event".padStart(14)}${"/ split, JSON.parse".padStart(22)}`,
  );
  for (const [what, read] of Object.entries(reading)) {
    const costs: number[] = [];
    const ratios: number[] = [];
    for (let i = -3; i < rounds; i++) {
      const [own, other] = [await cpuMicros(read), await cpuMicros(least)];
      if (i < 0) continue;
      costs.push(own);
      ratios.push(own / other);
    }
    const [cost, ratio] = [median(costs), median(ratios)];
    console.log(
      `${`fetcd, ${what}`.padEnd(34)}${cost.toFixed(2).padStart(14)}${ratio.toFixed(2).padStart(22)}   ≤ 1.30`,
    );
  }
}

async function cpuMicros(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / revisions;
}

function answer(): Uint8Array[] {
  const header = { cluster_id: "14841639068965178418", member_id: "10276657743932975437", raft_term: "2" };
  const at = { ...header, revision: `${revisions + 1}` };
  const lines = [{ result: { header: at, watch_id: "1", created: true } } as object];
  for (let i = 0; i < revisions; i += perLine) {
    const events = Array.from({ length: perLine }, (_, j) => ({
      kv: { key: btoa("hot"), create_revision: "2", mod_revision: `${i + j + 2}`, version: `${i + j + 1}`, value },
    }));
    lines.push({ result: { header: at, watch_id: "1", events } });
  }
  const bytes = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) => bytes.slice(i * 65_536, (i + 1) * 65_536));
}

/** Each piece in a turn of the loop of its own, as from a socket. */
function bodyOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve));
        const piece = pieces[next++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece.slice());
      },
    },
    { highWaterMark: 0 },
  );
}
