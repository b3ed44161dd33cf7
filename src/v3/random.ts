/** A random positive 63-bit integer, never 0: what etcd takes for the id of a lease. */
export function randomInt63(): bigint {
  const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return word >> 1n || 1n;
}

/** 128 random bits as hex. */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
