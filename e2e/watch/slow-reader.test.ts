import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it, vi } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { startEtcd } from "../etcd.ts";
import { each } from "../faults/subject.ts";

/** `FETCD_WATCH_BACKLOG_MB=1024` for the long run. */
const megabytes = Number(process.env["FETCD_WATCH_BACKLOG_MB"] ?? 100);
const valueBytes = 64 * 1024;
const bound = 16 * 2 ** 20;

vi.setConfig({ testTimeout: 60_000 + megabytes * 3000 });

it(`D18: a backlog of ${megabytes} MB costs a slow reader at most 16 MiB of heap and buffers, and it gets all of it`, async () => {
  await using server = await startEtcd({ version: "3.5", quotaBytes: 8 * 2 ** 30 });
  await using etcd = createEtcd({ endpoints: server.endpoints });
  await using writer = createEtcd({ endpoints: server.endpoints });
  const count = Math.ceil((megabytes * 2 ** 20) / valueBytes);
  const value = "v".repeat(valueBytes);
  await each([0, 1, 2], 1, (i) => writer.put(`warm/${i}`, value));
  const watch = etcd.watch({ prefix: "slow/" });
  const { revision } = await watch.ready;
  const before = held();
  await each(
    Array.from({ length: count }, (_, i) => i),
    8,
    (i) => writer.put(`slow/${i % 100}`, value),
  );
  await expect.poll(() => watch.state, { timeout: 20_000 }).toBe("retrying");
  let most = held();
  let next = revision + 1n;
  for await (const event of watch) {
    if (event.revision !== next) expect.fail(`${event.revision} where ${next} was due`);
    next++;
    if (event.entry.value.length !== valueBytes) expect.fail("a value is cut");
    const done = Number(next - revision - 1n);
    if (done % Math.ceil(count / 40) === 0) most = Math.max(most, held());
    if (done === count) break;
  }
  expect(most - before).toBeLessThan(bound);
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is in use of the heap and of buffers, once all that nobody needs is gone. */
function held(): number {
  collect();
  // Buffers are freed in the background after a collection; the next one begins by waiting for that.
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
