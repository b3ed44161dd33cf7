/** Keys are bytes. As a text with one character for each byte they compare, sort and serve as ids like the bytes do. */
export function idOf(bytes: Uint8Array): string {
  let id = "";
  // In pieces, since arguments go on the stack; and not letter by letter, which takes several times the memory of the text.
  for (let at = 0; at < bytes.length; at += 8192) id += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return id;
}

/**
 * A folder is named by the prefix of its keys, with the delimiter. Behind the id of a key that ends like that is a mark,
 * which no byte is: so a key and the folder around it are two.
 */
const keyMark = "\u0100";

/** The name of a key in the tree, in addresses and in what is marked. */
export function keyRef(id: string): string {
  return id.endsWith("/") ? id + keyMark : id;
}

export function isFolder(ref: string): boolean {
  return ref.endsWith("/");
}

export function isMarked(ref: string): boolean {
  return ref.endsWith(keyMark);
}

/** Whether a text that comes from elsewhere can be the name of a key or folder. */
export function isRef(text: string): boolean {
  const id = isMarked(text) ? text.slice(0, -1) : text;
  return id !== "" && Array.from(id).every((letter) => letter <= "\u00ff");
}

/** The bytes that an id, or the name of a key or folder, stands for. */
export function bytesOf(ref: string): Uint8Array {
  return Uint8Array.from(isMarked(ref) ? ref.slice(0, -1) : ref, (letter) => letter.charCodeAt(0));
}

const text = new TextDecoder();

/** What cannot be seen itself, but may turn or hide other text: a name could be read as another one. */
const unseen = /[\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** For people: bytes that are not text show as U+FFFD, as does what turns or hides text; control characters as pictures. */
export function labelOf(bytes: Uint8Array): string {
  return text.decode(bytes).replaceAll(unseen, (letter) => {
    const code = letter.charCodeAt(0);
    if (code === 127) return "\u2421";
    return code < 32 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}
