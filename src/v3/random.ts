/** A random positive 63-bit integer, never 0: what etcd takes for the id of a lease. */
export function randomInt63(): bigint {
  const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return word >> 1n || 1n;
}
