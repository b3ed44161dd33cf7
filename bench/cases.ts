import { type Contestant, names } from "./contestants.ts";

/** The most that fetcd may cost, as a multiple of another contestant. */
export interface Target {
  readonly against: string;
  readonly latencyMs: number;
  readonly cpuMs: number;
}

export interface Case {
  readonly name: string;
  readonly concurrency: number;
  readonly target: Target;
  /** Writes what the calls read. */
  prepare(put: (key: string, value: Uint8Array) => Promise<unknown>): Promise<unknown>;
  call(contestant: Contestant): Promise<unknown>;
}

const sizes = [
  ["64 B", 64],
  ["1 KiB", 1024],
  ["64 KiB", 64 * 1024],
  ["1 MiB", 1024 * 1024],
] as const;

/** Up to 64 KiB the least that a client can cost which gives up on a dead server: what fetcd adds counts. */
const small: Target = { against: names.bounded, latencyMs: 1.05, cpuMs: 1.15 };
/** Beyond it, what the bytes cost counts. */
const large: Target = { against: names.fetch, latencyMs: 1.25, cpuMs: 1.6 };

/** Bytes of every kind. */
function valueOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7919) >> 3);
}

function* getsAndPuts(): Generator<Case> {
  for (const [size, length] of sizes) {
    const value = valueOf(length);
    const target = length > 64 * 1024 ? large : small;
    const key = `bench/value-${length}`;
    for (const concurrency of [1, 64]) {
      const name = `${size}, ${concurrency} at a time`;
      yield {
        name: `get ${name}`,
        concurrency,
        target,
        prepare: (put) => put(key, value),
        call: ({ get }) => get(key),
      };
      yield { name: `put ${name}`, concurrency, target, prepare: async () => {}, call: ({ put }) => put(key, value) };
    }
  }
}

function rangeOf(count: number): Case {
  const prefix = `bench/range-${count}/`;
  const value = valueOf(64);
  return {
    name: `range of ${count} keys`,
    concurrency: 1,
    // Either answer is larger than 64 KiB.
    target: large,
    async prepare(put) {
      for (let i = 0; i < count; i += 100) {
        const keys = Array.from({ length: 100 }, (_, j) => `${prefix}${String(i + j).padStart(6, "0")}`);
        await Promise.all(keys.map((key) => put(key, value)));
      }
    },
    call: ({ range }) => range(prefix),
  };
}

export const cases: readonly Case[] = [...getsAndPuts(), rangeOf(1000), rangeOf(10_000)];

/** How many gets are asked for at once where reads are batched, and how much faster than etcd3 they should be. */
export const batched = { gets: 1000, target: 5 };

export const batchedKeys: readonly string[] = Array.from({ length: batched.gets }, (_, i) => `bench/batch/${i}`);
export const batchedValue: Uint8Array = valueOf(64);
