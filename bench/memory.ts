// What memory costs without a network: `tsx bench/memory.ts`.
import { createMemoryEtcd } from "../src/memory/index.ts";

const url = "http://memory.test/v3/";
const memory = createMemoryEtcd({ clock: "virtual" });
const key = (i: number): string => btoa(`key/${String(i).padStart(8, "0")}`);

async function post(path: string, body: unknown): Promise<string> {
  const response = await memory.fetch(url + path, { method: "POST", body: JSON.stringify(body) });
  return response.text();
}

/** Runs `work` for each number and prints how many of them a second has room for. */
async function measure(what: string, n: number, work: (i: number) => Promise<unknown>): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < n; i++) await work(i);
  const ms = performance.now() - start;
  console.log(
    `${what.padEnd(52)} ${Math.round((n / ms) * 1000)
      .toLocaleString("en")
      .padStart(9)}/s ${(ms / n).toFixed(3)} ms`,
  );
}

const value = btoa("x".repeat(100));
for (const size of [1_000, 10_000, 100_000]) {
  const from = Number(memory.revision) - 1;
  await measure(`put, up to ${size} keys`, size - from, (i) => post("kv/put", { key: key(from + i), value }));
  await measure(`get one of ${size}`, 10_000, (i) => post("kv/range", { key: key((i * 7919) % size) }));
  const middle = { key: key(size / 2), range_end: btoa("key0"), limit: 100 };
  await measure(`range of 100 in the middle of ${size}, with its count`, 500, () => post("kv/range", middle));
}
await measure("range of 1,000 in the middle of 100,000", 50, () =>
  post("kv/range", { key: key(50_000), range_end: btoa("key0"), limit: 1000 }),
);

// Watches of other ranges, each with a stream of its own.
const elsewhere = await Promise.all(
  Array.from({ length: 10_000 }, (_, i) => {
    const range = { key: btoa(`other/${i}/`), range_end: btoa(`other/${i}0`) };
    return memory.fetch(`${url}watch`, { method: "POST", body: JSON.stringify({ create_request: range }) });
  }),
);
await measure("put with 10,000 watches of other ranges", 2000, () => post("kv/put", { key: key(2), value }));
for (const response of elsewhere) await response.body?.cancel();

const creates = Array.from({ length: 1000 }, () => JSON.stringify({ create_request: { key: key(1) } })).join("");
const watch = await memory.fetch(`${url}watch`, { method: "POST", body: creates });
let lines = 0;
const reading = watch.body?.pipeTo(
  new WritableStream<Uint8Array>({ write: (chunk) => void (lines += chunk.filter((byte) => byte === 10).length) }),
);
await measure("put that 1,000 watches report", 50, () => post("kv/put", { key: key(1), value }));
await measure("put that none of 1,000 watches is about", 2000, () => post("kv/put", { key: key(2), value }));
const start = performance.now();
while (lines < 51_000) await new Promise((resolve) => setTimeout(resolve, 1));
console.log(
  `${lines.toLocaleString("en")} lines of watches read, the last ${(performance.now() - start).toFixed(0)} ms after the put`,
);
memory.close();
await reading?.catch(() => undefined);
