const utf8 = new TextEncoder();

/** The text without its percent escapes; `undefined` if one is malformed. Bytes that are not UTF-8 become U+FFFD. */
export function unescapePercent(text: string): string | undefined {
  if (!text.includes("%")) return text;
  if (badEscape(text) !== undefined) return undefined;
  const bytes = new Uint8Array(utf8.encode(text).length);
  let length = 0;
  for (const [piece] of text.matchAll(/%[0-9a-f]{2}|[^%]+/gi)) {
    const plain = piece.startsWith("%") ? Uint8Array.of(Number.parseInt(piece.slice(1), 16)) : utf8.encode(piece);
    bytes.set(plain, length);
    length += plain.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, length));
}

/** The first malformed escape. */
export function badEscape(text: string): string | undefined {
  return /%(?![0-9a-f]{2}).{0,2}/is.exec(text)?.[0];
}
