const utf8 = new TextEncoder();

/** MurmurHash3 (x86, 32 bits) of a text's UTF-8 bytes: the same number in every language that has it. */
export function murmur3(text: string, seed = 0): number {
  const bytes = bytesOf(text);
  let hash = seed | 0;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    hash ^= scramble(
      byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24),
    );
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  const tail = byte(bytes, whole) | (byte(bytes, whole + 1) << 8) | (byte(bytes, whole + 2) << 16);
  hash ^= scramble(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One for all texts that are short and ASCII, as keys of users are: encoding takes longer than hashing them. */
const scratch = new Uint8Array(256);

function bytesOf(text: string): Uint8Array {
  const { length } = text;
  if (length > scratch.length) return utf8.encode(text);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return utf8.encode(text);
    scratch[i] = unit;
  }
  return scratch.subarray(0, length);
}

/** Past the end there are zeros, which change nothing. */
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
