// Uint8Array's own base64 is new: engines that have it are an order of magnitude faster than anything portable, with long
// texts. Elsewhere tables beat `btoa` and `atob`, which need a detour through strings of bytes.
interface NativeEncode {
  toBase64?(): string;
}
interface NativeDecode {
  fromBase64?(text: string, options: { lastChunkHandling: "strict" }): Uint8Array<ArrayBuffer>;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const padding = "=".charCodeAt(0);
const invalid = 0xff;
const ascii = new TextDecoder();

const sixBits: Uint8Array = makeSixBits();

function makeSixBits(): Uint8Array {
  const bits = new Uint8Array(128).fill(invalid);
  for (let i = 0; i < 64; i++) bits[alphabet.charCodeAt(i)] = i;
  return bits;
}

/** Two letters for each 12 bits, in the byte order of this machine: half the stores of one letter at a time. */
let letterPairs: Uint16Array | undefined;

function makeLetterPairs(): Uint16Array {
  const letters = new Uint8Array(8192);
  for (let i = 0; i < 4096; i++) {
    letters[2 * i] = alphabet.charCodeAt(i >> 6);
    letters[2 * i + 1] = alphabet.charCodeAt(i & 63);
  }
  return new Uint16Array(letters.buffer);
}

/**
 * Typed arrays answer `undefined` out of range only; the loops below stay in range, because a step outside costs most
 * of their speed.
 */
const at = (bytes: Uint8Array | Uint16Array, index: number): number => bytes[index] ?? 0;

/** @internal for tests; `encodeBase64` is this where the engine has nothing better */
export function portableEncode(bytes: Uint8Array): string {
  const rest = bytes.length % 3;
  const whole = bytes.length - rest;
  const pairs = new Uint16Array(Math.ceil(bytes.length / 3) * 2);
  letterPairs ??= makeLetterPairs();
  let j = 0;
  for (let i = 0; i < whole; i += 3) {
    const word = (at(bytes, i) << 16) | (at(bytes, i + 1) << 8) | at(bytes, i + 2);
    pairs[j++] = at(letterPairs, word >> 12);
    pairs[j++] = at(letterPairs, word & 4095);
  }
  const letters = new Uint8Array(pairs.buffer);
  if (rest > 0) {
    const word = (at(bytes, whole) << 16) | (rest === 2 ? at(bytes, whole + 1) << 8 : 0);
    pairs[j++] = at(letterPairs, word >> 12);
    pairs[j++] = at(letterPairs, word & 4095);
    letters.fill(padding, rest - 3);
  }
  return ascii.decode(letters);
}

const sixBitsAt = (text: string, index: number): number => sixBits[text.charCodeAt(index)] ?? invalid;

/** @internal for tests; `decodeBase64` is this where the engine has nothing better */
export function portableDecode(text: string): Uint8Array<ArrayBuffer> {
  const length = text.length;
  if (length % 4 !== 0) throw new SyntaxError("base64 of a length that is not a multiple of 4");
  const padded = text.charCodeAt(length - 1) !== padding ? 0 : text.charCodeAt(length - 2) !== padding ? 1 : 2;
  const bytes = new Uint8Array((length / 4) * 3 - padded);
  const whole = padded === 0 ? length : length - 4;
  let seen = 0;
  let j = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = sixBitsAt(text, i);
    const b = sixBitsAt(text, i + 1);
    const c = sixBitsAt(text, i + 2);
    const d = sixBitsAt(text, i + 3);
    seen |= a | b | c | d;
    bytes[j++] = (a << 2) | (b >> 4);
    bytes[j++] = (b << 4) | (c >> 2);
    bytes[j++] = (c << 6) | d;
  }
  if (padded > 0) {
    const a = sixBitsAt(text, whole);
    const b = sixBitsAt(text, whole + 1);
    const c = padded === 1 ? sixBitsAt(text, whole + 2) : 0;
    seen |= a | b | c;
    bytes[j++] = (a << 2) | (b >> 4);
    if (padded === 1) bytes[j] = (b << 4) | (c >> 2);
    if ((padded === 1 ? c & 0b11 : b & 0b1111) !== 0)
      throw new SyntaxError("base64 with stray bits before its padding");
  }
  if ((seen & 0xc0) !== 0) throw new SyntaxError("a letter that is not base64");
  return bytes;
}

/** Standard base64 with padding: the only form that every gateway accepts. */
export const encodeBase64: (bytes: Uint8Array) => string =
  "toBase64" in Uint8Array.prototype ? (bytes) => (bytes as NativeEncode).toBase64?.() ?? "" : portableEncode;

const nativeDecode = (Uint8Array as NativeDecode).fromBase64;
/** V8 takes as long to call its own as the loop takes for so many letters: a key is decoded in a tenth of that. */
const shortText = 128;

/**
 * Strict: whatever is not canonical standard base64 throws a `SyntaxError`, so that a damaged answer is noticed.
 * (`atob` skips white space, and Node's `Buffer` skips everything.)
 */
export const decodeBase64: (text: string) => Uint8Array<ArrayBuffer> =
  nativeDecode === undefined
    ? portableDecode
    : (text) => {
        if (text.length < shortText) return portableDecode(text);
        if (/\s/.test(text)) throw new SyntaxError("white space in base64");
        return nativeDecode.call(Uint8Array, text, { lastChunkHandling: "strict" });
      };
