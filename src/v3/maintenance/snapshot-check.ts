import { sha256 } from "@noble/hashes/sha2.js";

// Names nothing of the client: bundlers would cut the client in two for what both use.

/** A snapshot ends with the SHA-256 of all that comes before. */
const tailLength = 32;

export interface SnapshotCheck {
  /** Takes the next piece, of whatever size. */
  update(piece: Uint8Array): void;
  /** Whether what came so far is a whole snapshot: its last 32 bytes are the sum of the others. */
  isWhole(): boolean;
}

/** Checks a snapshot while it streams by; nothing but its last 32 bytes is kept. */
export function createSnapshotCheck(): SnapshotCheck {
  const sum = sha256.create();
  let tail = new Uint8Array();

  return {
    update(piece) {
      if (piece.length >= tailLength) {
        sum.update(tail).update(piece.subarray(0, -tailLength));
        tail = piece.slice(-tailLength);
        return;
      }
      const joined = new Uint8Array([...tail, ...piece]);
      const surplus = Math.max(0, joined.length - tailLength);
      sum.update(joined.subarray(0, surplus));
      tail = joined.slice(surplus);
    },
    isWhole() {
      const expected = sum.clone().digest();
      return tail.length === tailLength && expected.every((byte, i) => byte === tail[i]);
    },
  };
}
