import { expect, it } from "vitest";
import { createEtcd, lock, session, transact } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

/** What Node warns of while `work` runs. */
async function warnings(work: () => Promise<unknown>): Promise<string[]> {
  const warned: string[] = [];
  const note = ({ name }: Error): void => void warned.push(name);
  process.on("warning", note);
  await work();
  // Warnings come in a later turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  return warned;
}

const thirty = Array.from({ length: 30 }, (_, i) => `${i}`);

it("one signal for many calls, locks and sessions at once looks like no leak", async () => {
  const etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  const { signal } = new AbortController();
  const warned = await warnings(async () => {
    await Promise.all(thirty.map((key) => etcd.get(key, { signal })));
    await Promise.all(thirty.map((name) => lock(etcd, name, { signal })));
    const sessions = await Promise.all(thirty.map(() => session(etcd, { signal })));
    await Promise.all(thirty.map((name) => lock(etcd, `of one/${name}`, { session: sessions[0], signal })));
    await transact(etcd, (tx) => Promise.all(thirty.map((key) => tx.get(key))));
    const watches = thirty.map((key) => etcd.watch(key, { signal }));
    await Promise.all(watches.map(({ ready }) => ready));
  });
  expect(warned).toEqual([]);
  await etcd.close();
});
