/** Turns key bytes into a text with one character per byte: it compares and sorts as the bytes do, and serves as an id. */
export function idOf(bytes: Uint8Array): string {
  let id = "";
  // In chunks, since arguments go on the stack; one character at a time would take several times the memory.
  for (let at = 0; at < bytes.length; at += 8192) id += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return id;
}

/**
 * A folder is named by the prefix of its keys, with the delimiter. A key that ends with a delimiter too gets this mark,
 * which is not a byte, so that its name differs from that of the folder.
 */
const keyMark = "\u0100";

/** The name of a key in the tree, in addresses and in the selection. */
export function keyRef(id: string): string {
  return id.endsWith("/") ? id + keyMark : id;
}

export function isFolder(ref: string): boolean {
  return ref.endsWith("/");
}

export function isMarked(ref: string): boolean {
  return ref.endsWith(keyMark);
}

/** Whether an untrusted text can be the name of a key or folder. */
export function isRef(text: string): boolean {
  const id = isMarked(text) ? text.slice(0, -1) : text;
  return id !== "" && Array.from(id).every((letter) => letter <= "\u00ff");
}

/** The bytes of an id, or of the name of a key or folder. */
export function bytesOf(ref: string): Uint8Array {
  return Uint8Array.from(isMarked(ref) ? ref.slice(0, -1) : ref, (letter) => letter.charCodeAt(0));
}

const text = new TextDecoder();

/** Invisible characters that may reorder or hide other text, so that a name could look like another one. */
const unseen = /[\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** A key as people see it: invalid UTF-8 and invisible characters become U+FFFD, control characters become symbols. */
export function labelOf(bytes: Uint8Array): string {
  return text.decode(bytes).replaceAll(unseen, (letter) => {
    const code = letter.charCodeAt(0);
    if (code === 127) return "\u2421";
    return code < 32 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}
