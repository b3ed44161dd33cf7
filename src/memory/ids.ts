/** Numbers and ids that look random; the same ones for the same seed. */
export interface Ids {
  /** Not 0, and below 2^64. */
  uint64(): bigint;
  /** Not 0, and below 2^63, as ids of leases are. */
  positiveInt64(): bigint;
  letters(length: number): string;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export function createIds(seed: number): Ids {
  const next = xorshift(seed);
  const uint64 = (): bigint => (BigInt(next()) << 32n) | BigInt(next()) || 1n;
  return {
    uint64,
    positiveInt64: () => BigInt.asUintN(63, uint64()) || 1n,
    letters: (length) => Array.from({ length }, () => alphabet[next() % alphabet.length]).join(""),
  };
}

/** Marsaglia's xorshift32. The seed is stirred first, for small seeds give small numbers at the start. */
function xorshift(seed: number): () => number {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ seed) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let i = 0; i < 8; i++) next();
  return next;
}

export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}
