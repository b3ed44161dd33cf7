// How the cost of an operation grows with what is stored: `tsx bench/memory-growth.ts`, of memory; with the address of an
// etcd, of that one, whose keys it deletes.
import { createMemoryEtcd } from "../src/memory/index.ts";

const sizes = [1_000, 10_000, 100_000] as const;
const address = process.argv[2];
const calls = 20;

type Post = (path: string, body: unknown) => Promise<string>;

const key = (i: number): string => btoa(`key/${String(i).padStart(8, "0")}`);
const all = { key: btoa("key/"), range_end: btoa("key0") };
const value = btoa("x".repeat(100));

/** Milliseconds so far: those of the processor for memory, so that it does not matter what else the machine does. */
function now(): number {
  if (address !== undefined) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of one call, the median of some. */
async function time(work: (i: number) => Promise<unknown>, n = calls): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < n; i++) {
    const start = now();
    await work(i);
    all.push(now() - start);
  }
  return all.toSorted((a, b) => a - b)[n >> 1] ?? NaN;
}

/** Puts in transactions of 100, from `first` on. */
async function fill(post: Post, n: number, put: (i: number) => object): Promise<void> {
  for (let i = 0; i < n; i += 100) {
    const success = Array.from({ length: Math.min(100, n - i) }, (_, j) => ({ request_put: put(i + j) }));
    await post("kv/txn", { success });
  }
}

async function newestRevision(post: Post): Promise<number> {
  const { header } = JSON.parse(await post("kv/range", { key: btoa("-") })) as { header: { revision: string } };
  return Number(header.revision);
}

/** One line of a watch's answers after the other, as far as there is one. */
async function linesOfWatch(fetch: typeof globalThis.fetch, url: string, create: object, count: number): Promise<void> {
  const aborter = new AbortController();
  const body = JSON.stringify({ create_request: create });
  const response = await fetch(`${url}watch`, { method: "POST", body, signal: aborter.signal });
  let lines = 0;
  for await (const chunk of response.body ?? []) {
    lines += chunk.filter((byte: number) => byte === 10).length;
    if (lines >= count) break;
  }
  aborter.abort();
}

/** Milliseconds from an unlock to the lock of the next in a queue. */
async function handOver(post: Post, waiters: number): Promise<number> {
  for (let i = 1; i < waiters + 2; i++) await post("lease/grant", { ID: String(i), TTL: "5000" });
  const lock = (lease: number): Promise<string> => post("lock/lock", { name: btoa("lock"), lease: String(lease) });
  const { key: first } = JSON.parse(await lock(1)) as { key: string };
  const locks = Array.from({ length: waiters }, (_, i) => lock(i + 2));
  const queue = { key: btoa("lock/"), range_end: btoa("lock0"), count_only: true };
  while (!(await post("kv/range", queue)).includes(`"count":"${waiters + 1}"`)) continue;
  const start = now();
  await post("lock/unlock", { key: first });
  await Promise.race(locks);
  const ms = now() - start;
  await post("kv/deleterange", queue);
  await Promise.all(locks);
  return ms;
}

/** Milliseconds of each operation with `size` keys, and as many revisions as it took to put them. */
async function measure(size: number): Promise<Record<string, number>> {
  const memory = createMemoryEtcd({ clock: "virtual", seed: 1 });
  const fetch = address === undefined ? (memory.fetch as typeof globalThis.fetch) : globalThis.fetch;
  const url = `${address ?? "http://memory.test"}/v3/`;
  const post: Post = async (path, body) =>
    (await fetch(url + path, { method: "POST", body: JSON.stringify(body) })).text();

  await post("kv/deleterange", { key: btoa("\0"), range_end: btoa("\0") });
  const empty = await newestRevision(post);
  await post("kv/compaction", { revision: String(empty) });
  await fill(post, size, (i) => ({ key: key(i), value }));
  const filled = String(await newestRevision(post));
  const once = key(size / 2);
  await post("kv/put", { key: once, value });
  const middle = { key: once, range_end: all.range_end };
  const results: Record<string, number> = {};
  results["get"] = await time((i) => post("kv/range", { key: key(i) }));
  results["put"] = await time((i) => post("kv/put", { key: key(i), value }));
  results["get at an old revision"] = await time((i) => post("kv/range", { key: key(i), revision: filled }));
  results["range of 100"] = await time(() => post("kv/range", { ...middle, limit: 100 }));
  results["range of 100 at an old revision *"] = await time(() =>
    post("kv/range", { ...middle, limit: 100, revision: filled }),
  );
  results["count of all"] = await time(() => post("kv/range", { ...all, count_only: true }));
  results["count of all at an old revision *"] = await time(() =>
    post("kv/range", { ...all, count_only: true, revision: filled }),
  );
  results["what changed since, by min_mod_revision *"] = await time(() =>
    post("kv/range", { ...all, min_mod_revision: String(BigInt(filled) + 1n) }),
  );
  results["the 10 newest, by sort_target *"] = await time(() =>
    post("kv/range", { ...all, limit: 10, sort_target: "MOD", sort_order: "DESCEND" }),
  );
  const compare = (range: object): object => ({ ...range, target: "VERSION", result: "GREATER", version: "0" });
  results["txn that compares 100 keys"] = await time(() =>
    post("kv/txn", { compare: [compare({ key: key(size - 100), range_end: all.range_end })] }),
  );
  results["txn that compares all keys *"] = await time(() => post("kv/txn", { compare: [compare(all)] }));
  results["watch from 20 changes ago"] = await time(() =>
    linesOfWatch(fetch, url, { ...all, start_revision: String(BigInt(filled) + 2n) }, 2),
  );
  results["watch of one key since the first change *"] = await time(() =>
    linesOfWatch(fetch, url, { key: once, start_revision: String(empty + 1) }, 2),
  );

  // A real server can be made to hang by so many that wait in requests of their own.
  if (address === undefined) results["a lock that is handed on, keys/100 waiting"] = await handOver(post, size / 100);

  await post("lease/grant", { ID: "999999999", TTL: "5000" });
  await fill(post, size, (i) => ({ key: key(i), value, lease: "999999999" }));
  results["the end of a lease of all keys, per key"] =
    (await time(() => post("lease/revoke", { ID: "999999999" }), 1)) / size;
  const newest = await newestRevision(post);
  results["a compaction of all, per key"] =
    (await time(() => post("kv/compaction", { revision: String(newest) }), 1)) / size;
  memory.close();
  return results;
}

const columns: Record<string, number>[] = [];
for (const size of sizes) columns.push(await measure(size));
console.log(
  `${"ms, with so many keys:".padEnd(48)}${sizes.map((size) => size.toLocaleString("en").padStart(11)).join("")}`,
);
for (const name of Object.keys(columns[0] ?? {})) {
  console.log(`${name.padEnd(48)}${columns.map((column) => (column[name] ?? NaN).toFixed(4).padStart(11)).join("")}`);
}
console.log("* looks at every key of the range, or every change since, as etcd does");
