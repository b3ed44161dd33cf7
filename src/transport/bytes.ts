export const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * The bytes as a string with one character, U+0000 to U+00FF, for each: engines compare and hash those natively, and their
 * order is the order of the bytes.
 */
export function toBinary(bytes: Uint8Array): string {
  let text = "";
  // One call takes its characters as arguments, of which engines allow some ten thousands.
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

export function fromBinary(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const lossy = /* @__PURE__ */ new TextDecoder();

/** Bytes as text; what is not UTF-8 shows as U+FFFD. */
export function lossyText(bytes: Uint8Array): string {
  return lossy.decode(bytes);
}

const strict = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; `undefined` where they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** etcd's order: byte by byte, the shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
