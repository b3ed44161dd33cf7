import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

// A lease's id says whose it is, so that the proxy needs no store for that: 39 bits are random, the other 24 a keyed
// hash of them and of the subject. The id that a client proposes is only taken for its randomness.

const tagBits = 24n;
const randomBits = 39n;

/** The lease ids of one subject. */
export interface LeaseIds {
  /**
   * The id that stands for `id` in etcd: itself, if it is one of the subject's. Any other, a lease of somebody else's
   * among them, gives the id of a lease that only this subject can have made. `0n`, no lease, stays.
   */
  own(id: bigint): bigint;
  holds(id: bigint): boolean;
}

/** Makes the ids of a subject by a key that nobody else knows. */
export function leaseIds(key: Uint8Array, subject: string): LeaseIds {
  const utf8 = new TextEncoder();
  const keyOfSubject = hmac(sha256, key, utf8.encode(subject));

  function tagged(random: bigint): bigint {
    return (random << tagBits) | first(hmac(sha256, keyOfSubject, bytesOf(random)), tagBits);
  }

  function holds(id: bigint): boolean {
    return id > 0n && id < 1n << (tagBits + randomBits) && tagged(id >> tagBits) === id;
  }

  return {
    holds,
    own(id) {
      if (id === 0n || holds(id)) return id;
      const random = first(sha256(bytesOf(BigInt.asUintN(64, id))), randomBits);
      return tagged(random);
    },
  };
}

/** The first bits of a hash, as a number. */
function first(hash: Uint8Array, bits: bigint): bigint {
  return new DataView(hash.buffer, hash.byteOffset).getBigUint64(0) >> (64n - bits);
}

function bytesOf(number: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, number);
  return bytes;
}
